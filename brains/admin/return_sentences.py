"""What the admin tells people about trials and about ways back, as plain sentences."""

from brains.activation import Outcome
from brains.admin.sentences import meanwhile, was_overtaken, what_is_live
from brains.models import Activation
from brains.trials import Trial, named
from brains.wording import counted


def after_activating_on_trial(sentence: str, trial: Trial | None) -> str:
    """Say after an activation how long it is for, when it is on trial."""
    if trial is None:
        return sentence
    return f"{sentence} It is on trial until {trial.ends}; then {trial.then}."


def after_rolling_back(
    outcome: Outcome, target: Activation, expected: int | None
) -> str:
    """Say what rolling back did; `expected` is as in `sentences.after_activating`."""
    newest, replaced = outcome.activation, outcome.replaced
    if newest is None or replaced is None or not outcome.changed:
        return f"What {named(target)} had is live already; nothing changed."
    back = f"what {named(target)} had is live again, as revision {newest.revision}."
    if was_overtaken(outcome, expected):
        return f"{meanwhile(replaced)}; {back}"
    return back[0].upper() + back[1:]


def after_confirming(outcome: Outcome, revision: int) -> str:
    """Say what confirming `revision` did."""
    newest = outcome.activation
    if newest is None or not outcome.changed:
        return f"Nothing was confirmed. {_no_longer(newest, revision)}"
    return (
        f"{newest.preset_name} is confirmed: it stays live, as revision "
        f"{newest.revision}."
    )


def after_reverting(outcome: Outcome, revision: int) -> str:
    """Say what going back from the trial `revision` did."""
    newest = outcome.activation
    if newest is None or not outcome.changed:
        return f"Nothing was reverted. {_no_longer(newest, revision)}"
    return f"Revision {revision} is no longer on trial. {what_is_live(newest)}"


def question_of_roll_back(
    target: Activation, live: Activation | None, changed: int
) -> str:
    """Say what is about to happen: what `target` had would be live again."""
    effect = (
        f"{counted(changed, 'value')} would change." if changed else "No value changes."
    )
    instead = f", in place of {named(live)}" if live else ""
    return f"What {named(target)} had would be live again{instead}. {effect}"


def nothing_to_roll_back(target: Activation, live: Activation) -> str:
    """Say that what `target` had is live."""
    if target.revision == live.revision:
        return f"Revision {target.revision} is what is live: nothing to go back to."
    return (
        f"What {named(target)} had is live already, as revision {live.revision}. There is "
        "nothing to change."
    )


def _no_longer(newest: Activation | None, revision: int) -> str:
    return f"Revision {revision} is no longer on trial. {what_is_live(newest)}"
