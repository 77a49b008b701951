"""Pictures into VK: by real HTTP to the sandbox, and with a client that fails where it is told to."""

import json
from types import SimpleNamespace

import pytest

from connections.clients.errors import AuthenticationError, OutcomeUnknown, Throttled, TransientError, UploadError
from connections.clients.vk_calls import Ok, Refused, Unknown
from evosync.base import clock
from sandbox import seed
from vkmarket import uploading
from vkmarket.photos import PhotoWish
from vkmarket.uploading import Failed, Kept, Manner, Uploaded, prepare

COMMUNITY = SimpleNamespace(group_id=seed.VK_GROUP_ID)
CARD = "card:1"


def wishes(count):
    return [PhotoWish(n, f"Товар {n}", CARD) for n in range(1, count + 1)]


def test_one_upload_that_fails_is_tried_again(vk, sandbox):
    sandbox.faults.add("html", api="vk", method="upload*", skip=1, times=1)
    done = prepare(vk, COMMUNITY, wishes(4))
    assert all(isinstance(outcome, Uploaded) for outcome in done)
    assert vk.requests == 4


def test_nothing_to_do_is_no_request(vk):
    assert prepare(vk, COMMUNITY, []) == []
    assert vk.requests == 0


class Scripted:
    """A client whose uploads and saves fail where it is told to."""

    def __init__(self, upload=lambda n: None, save=lambda n: None, execute=lambda n: None):
        self._upload, self._save, self._execute = upload, save, execute
        self.executes, self.uploads, self.saves = [], 0, 0

    def execute(self, calls):
        self.executes.append([call.method for call in calls])
        if error := self._execute(len(self.executes)):
            raise error
        return [self._answer(call) for call in calls]

    def _answer(self, call):
        if call.method == "market.getProductPhotoUploadServer":
            return Ok({"upload_url": "http://upload/1"})
        self.saves += 1
        raw = json.loads(call.params["upload_response"])
        return self._save(self.saves) or Ok({"photo_id": 1000 + raw["n"]})

    def upload(self, url, files):
        self.uploads += 1
        if error := self._upload(self.uploads):
            raise error
        return json.dumps({"n": self.uploads, "pad": "x" * 100})


def test_one_that_fails_twice_harms_no_other():
    client = Scripted(save=lambda n: Refused(118, "invalid") if n in (2, 4) else None)
    done = prepare(client, COMMUNITY, wishes(3), workers=1)
    assert [type(outcome) for outcome in done] == [Uploaded, Failed, Uploaded]
    assert (done[1].code, done[1].message) == (118, "invalid")
    assert client.uploads == 4


def test_a_save_without_an_answer_is_simply_done_again():
    client = Scripted(save=lambda n: Unknown(None, "lost") if n == 1 else None)
    assert [type(outcome) for outcome in prepare(client, COMMUNITY, wishes(2), workers=1)] == [Uploaded, Uploaded]


def test_a_request_of_saves_that_gets_lost_is_done_again():
    client = Scripted(execute=lambda n: OutcomeUnknown(None, "no answer") if n == 2 else None)
    assert all(isinstance(outcome, Uploaded) for outcome in prepare(client, COMMUNITY, wishes(3)))


def test_an_upload_host_that_is_down_fails_each_with_its_words():
    client = Scripted(upload=lambda n: UploadError(502, "no JSON"))
    assert prepare(client, COMMUNITY, wishes(2)) == [Failed(1, 502, "no JSON"), Failed(2, 502, "no JSON")]
    assert client.uploads == 4


@pytest.mark.parametrize("count", [3, 25, 60])
def test_an_upload_host_that_hangs_is_not_waited_for_picture_by_picture(monkeypatch, count):
    """Each costs a whole deadline, and the job that waits for them would be ended before it could say why."""
    time = [0.0]
    monkeypatch.setattr(clock, "monotonic", lambda: time[0])

    def hang(_number):
        time[0] += 30
        return UploadError(None, "no answer within 30 s")

    client = Scripted(upload=hang)
    with pytest.raises(TransientError, match="the upload host does not answer"):
        prepare(client, COMMUNITY, wishes(count), workers=1)
    assert client.uploads == 1


@pytest.mark.parametrize("error", [AuthenticationError(5, "token"), Throttled(29, "cap")])
def test_what_is_about_the_account_is_raised(error):
    with pytest.raises(type(error)):
        prepare(Scripted(execute=lambda n: error), COMMUNITY, wishes(2))


def test_what_is_uploaded_already_is_not_lost_when_the_account_stops():
    client = Scripted(execute=lambda n: Throttled(29, "cap") if n == 3 else None)
    done = prepare(client, COMMUNITY, wishes(30), manner=Manner(in_bulk=False))
    assert [type(outcome) for outcome in done] == [Uploaded] * 25 + [Failed] * 5
    assert done[-1].code == 29


def test_saves_are_bounded_in_bytes(monkeypatch):
    monkeypatch.setattr(uploading, "SAVE_BYTES", 300)
    client = Scripted()
    assert all(isinstance(outcome, Uploaded) for outcome in prepare(client, COMMUNITY, wishes(5)))
    assert [len(methods) for methods in client.executes] == [5, 2, 2, 1]


def test_where_no_card_may_stand_in_the_item_keeps_its_picture(vk, sandbox):
    url = f"{sandbox.evotor_url}/images/none.png"
    mark = sandbox.calls()
    done = prepare(vk, COMMUNITY, [PhotoWish(1, "Чай", "evotor:1", url, stand_in=False)])
    assert done == [Kept(1)]
    assert sandbox.journal.entries(mark, method="upload") == []
