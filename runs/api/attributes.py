"""The tags, properties and parameters of a run in the JSON API."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from runs.access import run_or_404
from runs.api.doors import RunDoor
from runs.api.runs import answer_run
from runs.api.schema import describe, map_of_texts
from runs.api.schemas import RunAnswer, TagBody, texts
from runs.limits import PARAM_VALUE, PROPERTY_VALUE, TAG_VALUE
from runs.recording.attributes import add_properties, delete_tags, log_params, set_tags


class _Attributes(RunDoor):
    def sent_texts(self, limit: int, *, bare: bool = False) -> Any:
        """The body as a map of names to texts."""
        return texts(limit, bare=bare).run_validation(self.sent())

    def changed(self) -> HttpResponse:
        """The run as it stands now."""
        return answer_run(run_or_404(self.workspace, self.run.uid, "parent"))


class Tags(_Attributes):
    """All tags of a run."""

    @describe("set_tags", "Add or overwrite tags", RunAnswer, body=map_of_texts(bare=True), tag="attributes")
    def patch(self, _: Request, **_path: Any) -> HttpResponse:
        """Tags that are not named stay; null makes a bare tag."""
        set_tags(self.run, self.sent_texts(TAG_VALUE, bare=True), self.author)
        return self.changed()


class OneTag(_Attributes):
    """One tag of a run."""

    @describe("set_tag", "Set a tag", RunAnswer, body=TagBody, tag="attributes")
    def put(self, _: Request, key: str, **_path: Any) -> HttpResponse:
        """Adds or overwrites it."""
        set_tags(self.run, {key: self.sent_as(TagBody)["value"]}, self.author)
        return self.changed()

    @describe("delete_tag", "Remove a tag", tag="attributes")
    def delete(self, _: Request, key: str, **_path: Any) -> HttpResponse:
        """404 when the run has no such tag."""
        delete_tags(self.run, [key], self.author)
        return HttpResponse(status=204)


class Properties(_Attributes):
    """The properties of a run."""

    @describe("add_properties", "Add properties", RunAnswer, body=map_of_texts(), tag="attributes")
    def post(self, _: Request, **_path: Any) -> HttpResponse:
        """They stand for ever: the same value again is fine, another is a 409."""
        add_properties(self.run, self.sent_texts(PROPERTY_VALUE), self.author)
        return self.changed()


class Params(_Attributes):
    """The parameters of a run."""

    @describe("log_params", "Log parameters", RunAnswer, body=map_of_texts(), tag="attributes")
    def post(self, _: Request, **_path: Any) -> HttpResponse:
        """Each is logged once: the same value again is fine, another is a 400."""
        log_params(self.run, self.sent_texts(PARAM_VALUE))
        return self.changed()
