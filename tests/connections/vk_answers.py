"""What VK says, as scripts of the scripted server; and the pace and token of its tests."""

from .scripted import Script, says_json

TOKEN = "vk1.a.SECRET-token"


def error(code, message="слова ВК", **more) -> Script:
    return says_json({"error": {"error_code": code, "error_msg": message, **more}})


class Pace:
    def __init__(self):
        self.waits, self.held = 0, []

    def wait(self):
        self.waits += 1

    def hold_back(self, seconds):
        self.held.append(seconds)
