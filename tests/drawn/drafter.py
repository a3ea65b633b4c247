"""Somebody who makes drafts by calling the actions, and an engine that answers at once."""

from tests.drawn.engine_answers import draw_pass
from tests.drawn.labelled_project import LEFT, TOP, class_uid, member_of
from webapp.drafts import actions, queries, saving
from webapp.drafts.models import Draft
from webapp.drafts.passes import record_pass
from webapp.ids import new_uid
from webapp.labels.models import Certainty

X, Y = LEFT + 100.5, TOP - 100.5


class Drafter:
    """Somebody who makes drafts in the project of the cast."""

    def __init__(self, cast, user):
        self.cast, self.user = cast, user

    @property
    def member(self):
        return member_of(self.cast.project, self.user)

    def open(self, uid=None, start_label=None, label_class=None):
        return actions.open_draft(
            self.member,
            uid or new_uid(),
            layer=self.cast.project.layers.get().uid,
            label_class=label_class,
            start_label=start_label,
        )

    def click(self, draft, step, x=None, y=Y, include=True):
        return actions.add_click(
            self.member,
            draft.uid,
            step=step,
            x_map=X + step if x is None else x,
            y_map=y,
            include=include,
        )

    def answer(self, draft, number=3, limit=3, **other):
        """The engine answers what the draft's head asks now."""
        request = queries.segment_for(draft.pk)
        return record_pass(draft.pk, request, draw_pass(request, number, limit, **other))

    def save(self, draft, edit=None, code="ICEPLANT"):
        return saving.ask_to_save(
            self.member,
            draft.uid,
            edit=edit or new_uid(),
            label_class=class_uid(self.cast.project, code),
            certainty=Certainty.POSSIBLE,
            note="wet",
        )

    def saved(self, draft, edit=None, code="ICEPLANT"):
        self.save(draft, edit, code)
        return saving.finish_save(draft.pk)


def shown(draft):
    return queries.draft_out(Draft.objects.get(pk=draft.pk))
