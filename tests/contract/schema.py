"""VK's own JSON schema as a judge of requests and answers (VKCOM/vk-api-schema, laid beside the checkout).

It is nearly JSON Schema draft 7: `required` is a flag on a property instead of a list, parameters are a list of
such properties, and sections that were not copied leave references without a target, which stand for anything.
"""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

HOST = "https://vk.invalid/"
# Answers of which the caller decides the kind: with `extended=1` the second.
PLAIN, EXTENDED = ("response", "baseResponse"), "extendedResponse"


class VkSchema:
    """All sections in a folder."""

    def __init__(self, folder: Path):
        self.files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.glob("*/*.json"))}
        self.raw = {name: json.loads(path.read_text()) for name, path in self.files.items()}
        self.errors = json.loads((folder / "errors.json").read_text())["errors"]
        self.methods = {
            method["name"]: method
            for name, document in self.raw.items()
            if name.endswith("/methods.json") and not name.startswith("legacy")
            for method in document["methods"]
        }
        self.documents = {name: self._as_draft7(document) for name, document in self.raw.items()}
        self.registry = Registry().with_resources(
            (HOST + name, Resource.from_contents(document, default_specification=DRAFT7))
            for name, document in self.documents.items()
        )

    # -- requests -------------------------------------------------------------------------------------------

    def wrong_request(self, name: str, form: Mapping[str, str], token: str = "user") -> list[str]:
        """What is wrong with the parameters of a call, written as a form carries them."""
        if name not in self.methods:
            return [f"{name}: no such method"]
        method = self.methods[name]
        known = {parameter["name"]: parameter for parameter in method.get("parameters", [])}
        found = [] if token in method["access_token_type"] else [f"{name}: not for the token of a {token}"]
        found += [f"{name}: no parameter {one}" for one in form if one not in known]
        found += [
            f"{name}: {one} is missing" for one, told in known.items() if told.get("required") and one not in form
        ]
        for one in form.keys() & known.keys():
            schema = self._as_draft7(known[one])
            try:
                value = self._read(form[one], schema)
            except (ValueError, InvalidOperation):
                found.append(f"{name}: {one}={form[one]!r} is no {schema.get('type')}")
                continue
            found += [f"{name}: {one}: {error.message}" for error in self._validator(schema).iter_errors(value)]
        return found

    def _read(self, text: str, schema: Mapping[str, Any]) -> Any:
        """A value of a form: arrays with commas, booleans as 0 and 1."""
        schema = self._followed(schema)
        match schema.get("type"):
            case "integer":
                return int(text)
            case "number":
                # An exponent is no number for a form.
                return Decimal(text) if set(text) <= set("-.0123456789") else Decimal("")
            case "boolean":
                return {"0": False, "1": True}[text] if text in ("0", "1") else int("")
            case "array":
                return [self._read(one, schema.get("items", {})) for one in text.split(",")] if text else []
        return text

    # -- answers --------------------------------------------------------------------------------------------

    def wrong_answer(self, name: str, params: Mapping[str, Any], answer: Any) -> list[str]:
        """What is wrong with the `response` of a method, fields that the schema does not know included."""
        kinds = self.methods[name]["responses"]
        extended = str(params.get("extended", "")) in ("1", "true", "True") and EXTENDED in kinds
        kind = EXTENDED if extended else next(one for one in PLAIN if one in kinds)
        schema = self._as_draft7(kinds[kind])
        return [f"{name}: {text}" for text in self._wrong({"response": answer}, schema)]

    def wrong_object(self, instance: Any, file: str, definition: str) -> list[str]:
        return self._wrong(instance, {"$ref": f"{HOST}{file}#/definitions/{definition}"})

    def _wrong(self, instance: Any, schema: Mapping[str, Any]) -> list[str]:
        found = [f"{error.json_path}: {error.message}" for error in self._validator(schema).iter_errors(instance)]
        return found + [f"{path}: unknown field" for path in self._unknown(instance, schema, "$")]

    def _unknown(self, instance: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:
        """Paths of fields that no part of the schema names."""
        if isinstance(instance, list):
            for one in instance:
                yield from self._unknown(one, self._followed(schema).get("items", {}), f"{path}[]")
        elif isinstance(instance, dict):
            named, is_open = self._named(schema)
            for field, value in instance.items():
                if field in named:
                    yield from self._unknown(value, named[field], f"{path}.{field}")
                elif not is_open:
                    yield f"{path}.{field}"

    def _named(self, schema: Mapping[str, Any]) -> tuple[dict[str, Mapping[str, Any]], bool]:
        """The fields that an object may have, and whether any other may be there too."""
        schema = self._followed(schema)
        named = dict(schema.get("properties", {}))
        parts = [self._named(part) for word in ("allOf", "oneOf", "anyOf") for part in schema.get(word, [])]
        for fields, _open in parts:
            named |= fields
        return named, not named or "additionalProperties" in schema or any(is_open for _fields, is_open in parts)

    # -- the schema itself ----------------------------------------------------------------------------------

    def _validator(self, schema: Mapping[str, Any]) -> Draft7Validator:
        return Draft7Validator(schema, registry=self.registry)

    def _followed(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            file, _hash, name = schema["$ref"].removeprefix(HOST).partition("#/definitions/")
            schema = self.documents[file]["definitions"][name]
        return schema

    def _as_draft7(self, told: Any) -> Any:
        """The same with lists of what is required and whole references; those without a target are dropped."""
        if isinstance(told, list):
            return [self._as_draft7(one) for one in told]
        if not isinstance(told, dict):
            return told
        if isinstance(target := told.get("$ref"), str):
            target = target.removeprefix("../")
            name, _hash, pointer = target.partition("#/definitions/")
            known = pointer in self.raw.get(name, {}).get("definitions", {})
            return {"$ref": HOST + target} if known else {}
        made = {word: self._as_draft7(value) for word, value in told.items() if word not in ("required", "$schema")}
        # Of a part of an `allOf` it would forbid the fields of the other parts: `_unknown` looks at them together.
        if made.get("additionalProperties") is False:
            del made["additionalProperties"]
        properties = told.get("properties")
        if isinstance(properties, dict):
            made["properties"] = {field: self._as_draft7(value) for field, value in properties.items()}
            made["required"] = [field for field, value in properties.items() if value.get("required") is True]
        if isinstance(told.get("definitions"), dict):
            made["definitions"] = {one: self._as_draft7(value) for one, value in told["definitions"].items()}
        return made
