"""The typed form of a document: opened, worked on, saved; and what happens when somebody else was faster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict

from modules.domain.canonical import Body, canonical
from modules.domain.documents import Reference
from modules.domain.releases import Kind
from modules.profile import current_profile, profile_at
from modules.selectors import head_number
from modules.services import InvalidDocument, StaleEdit, UnknownKind, revise
from modules.services.revise import FieldFault, validate
from oms.web.profile.kinds import body_changes, document_title, kind_of, module_title, schema_of, spelt, told
from oms.web.profile.merging import Disputed, disputed, merged
from oms.web.profile.nodes import Builder, Node, place_faults
from oms.web.profile.reading import ROOT, Press, Reading
from oms.web.profile.references import missing, suggestions
from oms.web.profile.screens import address, author, changed_meanwhile, number_given, page, screen
from oms.web.profile.specs import Path, Schema
from oms.web.profile.values import fault_in_words
from oms.web.profile.views.documents import above_kind, opened_document

_KEY_AT_MOST, _REASON_AT_MOST = 120, 500


@dataclass(slots=True)
class Draft:
    """A document as somebody has it before them. ``opened`` is the revision that they began with."""

    reference: Reference
    kind: Kind
    schema: Schema
    opened: int
    base: Body | None
    new: bool
    reading: Reading | None = None
    reason: str = ""
    key_errors: list[str] = field(default_factory=list)
    reason_errors: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """How the page is called."""
        if self.new:
            return f"New {self.kind.title.lower()}"
        return self.kind.title if self.kind.singleton else self.reference.key

    def tree(self, faults: Sequence[FieldFault] = ()) -> Node:
        """The form's fields, as they were opened or sent."""
        sent = self.reading
        builder = Builder(self.schema, sent.origins, sent.focus) if sent else Builder(self.schema, None, None)
        root = builder.node(self.schema.root, sent.body if sent else self.base or {}, (), ROOT)
        place_faults(root, faults)
        return root


@screen("GET", "POST")
def edit(request: HttpRequest, module: str, kind: str) -> HttpResponse:
    """The form of a document."""
    key = request.GET.get("key", "")
    if request.method == "POST":
        return _sent(request, Reference(module, kind, key), new=False)
    found, schema, base = opened_document(module, kind, key, head_number())
    if base is None:
        message = f"There is no {found.title.lower()} “{key}”."
        raise Http404(message)
    return _form(request, Draft(Reference(module, kind, key), found, schema, head_number(), base, new=False))


@screen("GET", "POST", changes=True)
def new(request: HttpRequest, module: str, kind: str) -> HttpResponse:
    """An empty form, with the key asked for."""
    if request.method == "POST":
        key = request.POST.get("key", "").replace("\x00", "").strip()
        return _sent(request, Reference(module, kind, key), new=True)
    found, schema, _ = opened_document(module, kind, "", head_number())
    key = found.singleton or request.GET.get("key", "")
    return _form(request, Draft(Reference(module, kind, key), found, schema, head_number(), None, new=True))


def _sent(request: HttpRequest, reference: Reference, *, new: bool) -> HttpResponse:
    data = request.POST
    opened = number_given(data.get("opened"), "revision")
    kind, schema, base = opened_document(reference.module, reference.kind, reference.key, opened)
    if new and kind.singleton and reference.key != kind.singleton:
        reference = Reference(reference.module, reference.kind, kind.singleton)
        kind, schema, base = opened_document(reference.module, reference.kind, reference.key, opened)
    if base is None and not new:
        message = f"There was no {kind.title.lower()} “{reference.key}” at revision {opened}."
        raise Http404(message)
    press = Press.of(data.get("do", ""))
    draft = Draft(
        reference, kind, schema, opened, base if not new else None, new, reason=data.get("reason", "").strip()
    )
    draft.reading = Reading(schema, data, draft.base, press)
    if press:
        return _form(request, draft, changed=True)
    faults = [*draft.reading.faults, *missing(draft.tree()), *_refused(draft)]
    _check(draft, taken=new and base is not None)
    if faults or draft.key_errors or draft.reason_errors:
        return _form(request, draft, faults, changed=True)
    if base is not None and canonical(base) == canonical(draft.reading.body):
        messages.info(request, "Nothing was changed, so nothing was saved.")
        return HttpResponseRedirect(_address(reference))
    return _save(request, draft)


def _refused(draft: Draft) -> Sequence[FieldFault]:
    """What the release that was live when the form was opened says of the document."""
    assert draft.reading is not None
    release = profile_at(draft.opened).adopted[draft.reference.module]
    try:
        validate(draft.reference, release, draft.reading.body)
    except InvalidDocument as refused:
        return refused.faults
    return ()


def _check(draft: Draft, *, taken: bool) -> None:
    if not draft.reference.key:
        draft.key_errors.append("Give it a key.")
    elif len(draft.reference.key) > _KEY_AT_MOST:
        draft.key_errors.append(f"Use at most {_KEY_AT_MOST} characters.")
    elif taken:
        draft.key_errors.append(f"There is a {draft.kind.title.lower()} with this key already.")
    if not draft.reason:
        draft.reason_errors.append("Say why: the history shows it beside your name.")
    elif len(draft.reason) > _REASON_AT_MOST:
        draft.reason_errors.append(f"Use at most {_REASON_AT_MOST} characters.")


def _save(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Save onto the revision that the editor knows of: the one they opened, or the newer one they were shown."""
    assert draft.reading is not None
    data, reference, body = request.POST, draft.reference, draft.reading.body
    expected = number_given(data.get("expected") or data.get("opened"), "revision")
    if "resolve" in data:
        _, _, theirs = opened_document(reference.module, reference.kind, reference.key, expected)
        body = _resolved(data, draft.base or {}, theirs, body)
    if profile_at(draft.opened).adopted.get(reference.module) != current_profile().adopted.get(reference.module):
        return _conflict(request, draft, body, None)  # its fields are another release's
    try:
        with revise(author=author(request), reason=draft.reason, expected=expected) as revision:
            revision.put(reference.module, reference.kind, reference.key, body)
    except StaleEdit as stale:
        return _conflict(request, draft, body, stale)
    except InvalidDocument as refused:
        if "resolve" in data:
            return _conflict(request, draft, draft.reading.body, None, refused.faults)
        return _form(request, draft, refused.faults, changed=True)
    changes = body_changes(reference, draft.base or {}, body, draft.schema)
    what = f"{changes[0].label}: {changes[0].after or 'empty'}" if len(changes) == 1 else f"{len(changes)} fields"
    messages.success(request, f"Saved as revision {revision.number} ({what}).")
    return HttpResponseRedirect(_address(reference))


def _form(
    request: HttpRequest, draft: Draft, faults: Sequence[FieldFault] = (), *, changed: bool = False
) -> HttpResponse:
    reference, root = draft.reference, draft.tree(faults)
    live = current_profile().adopted.get(reference.module, "")
    return page(
        request, "edit", draft.title, *above_kind(reference.module, draft.kind),
        draft=draft, root=root, known=suggestions(root), changed=changed, live=live,
        module_title=module_title(reference.module), faulty=root.faulty,
        may_delete=not draft.new, only=draft.kind.singleton is not None,
        delete=address("delete", reference.module, reference.kind, key=reference.key),
        log=address("log", reference.module, reference.kind, key=reference.key),
        cancel=_back(draft),
    )  # fmt: skip


def _back(draft: Draft) -> str:
    if draft.kind.singleton:
        return address("overview")
    return address("documents", draft.reference.module, draft.kind.name)


def _address(reference: Reference) -> str:
    return address("edit", reference.module, reference.kind, key=reference.key)


@dataclass(frozen=True, slots=True)
class DisputedField:
    """A field that two people see differently, in words."""

    number: int
    label: str
    opened: str
    theirs: str
    mine: str
    both: bool
    take_mine: bool


def _conflict(
    request: HttpRequest, draft: Draft, body: Body, stale: StaleEdit | None, faults: Sequence[FieldFault] = ()
) -> HttpResponse:
    """Both versions, field by field. What the editor sent travels along, so that nothing is lost."""
    assert draft.reading is not None
    reference, profile = draft.reference, current_profile()
    theirs = profile.raw(reference.module).get(reference)
    if theirs is not None and canonical(theirs.body) == canonical(body):
        messages.success(request, "This is saved already.")
        return HttpResponseRedirect(_address(reference))
    before, live = profile_at(draft.opened).adopted[reference.module], profile.adopted.get(reference.module)
    fields = disputed(draft.base or {}, theirs.body if theirs else {}, draft.reading.body)
    rows = [_disputed(draft.schema, number, item) for number, item in enumerate(fields)]
    carried = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in ("csrfmiddlewaretoken", "do", "expected", "resolve") and not name.startswith("keep-")
    ]
    return page(
        request, "conflict", f"{document_title(before, reference)}: changed meanwhile",
        *above_kind(reference.module, draft.kind),
        draft=draft, newer=stale.newer if stale else [], rows=rows, carried=carried, head=profile.number,
        theirs_gone=theirs is None and draft.base is not None, before=before, live=live, discard=_address(reference),
        faults=[(spelt(draft.schema, _known(fault.path)), fault_in_words(fault.message)) for fault in faults],
        last=stale.newer[0] if stale else None,
    )  # fmt: skip


def _disputed(schema: Schema, number: int, item: Disputed) -> DisputedField:
    opened, theirs, mine = (told(schema, item.path, value) for value in (item.opened, item.theirs, item.mine))
    return DisputedField(number, spelt(schema, item.path), opened, theirs, mine, item.both_changed, item.take_mine)


def _known(path: Path) -> Path:
    return path or ("document",)


def _resolved(data: QueryDict, opened: Body, theirs: Body | None, mine: Body) -> Body:
    if theirs is None:
        return mine
    fields = disputed(opened, theirs, mine)
    chosen = {number: data[f"keep-{number}"] == "mine" for number in range(len(fields)) if f"keep-{number}" in data}
    return merged(theirs, fields, chosen)


@screen("GET", "POST", changes=True)
def delete(request: HttpRequest, module: str, kind: str) -> HttpResponse:
    """Ask once more, with what goes; then remove the document. Its history stays."""
    profile, key = current_profile(), request.GET.get("key", "")
    found, reference = kind_of(profile, module, kind), Reference(module, kind, key)
    document = profile.raw(module).get(reference)
    if document is None and request.method == "POST":
        messages.info(request, f"“{key}” is deleted already.")
        return HttpResponseRedirect(address("documents", module, kind))
    only = found.singleton == key
    if document is None:
        message = f"There is no {found.title.lower()} “{key}” that could be deleted."
        raise Http404(message)
    reason, errors = request.POST.get("reason", "").strip()[:_REASON_AT_MOST], []
    if request.method == "POST":
        if reason:
            return _deleted(request, reference, reason, only=only)
        errors = ["Say why: the history shows it beside your name."]
    schema = schema_of(found.model)
    after = dict(found.defaults.get(key, {})) if only else {}
    return page(
        request, "delete", _ask_title(found, key, only=only), *above_kind(module, found),
        kind=found, key=key, reason=reason, reason_errors=errors, expected=profile.number, only=only,
        fields=[
            (change.label, f"{change.before or '–'} → {change.after or '–'}" if only else change.before)
            for change in body_changes(reference, document.body, after, schema)
        ],
        cancel=_address(reference),
    )  # fmt: skip


def _deleted(request: HttpRequest, reference: Reference, reason: str, *, only: bool) -> HttpResponse:
    expected = number_given(request.POST.get("expected"), "revision")
    try:
        with revise(author=author(request), reason=reason, expected=expected) as revision:
            change = revision.restore_defaults if only else revision.delete
            change(reference.module, reference.kind, reference.key)
    except UnknownKind as refused:
        messages.error(request, f"Nothing was restored: {refused}.")
        return HttpResponseRedirect(_address(reference))
    except StaleEdit as stale:
        messages.error(
            request, f"Nothing was {'restored' if only else 'deleted'}: {changed_meanwhile(stale)}. Look at it again."
        )
        return HttpResponseRedirect(address("delete", reference.module, reference.kind, key=reference.key))
    if only:
        messages.success(request, f"The defaults were restored in revision {revision.number}. Its history stays.")
        return HttpResponseRedirect(_address(reference))
    messages.success(request, f"“{reference.key}” was deleted in revision {revision.number}. Its history stays.")
    return HttpResponseRedirect(address("documents", reference.module, reference.kind))


def _ask_title(kind: Kind, key: str, *, only: bool) -> str:
    return f"Restore the defaults of {kind.title.lower()}" if only else f"Delete {key}"
