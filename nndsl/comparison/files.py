"""Two files: their networks by name, and their settings."""

from collections import Counter
from dataclasses import dataclass

from nndsl.comparison.changes import Comparison, compared
from nndsl.comparison.settings import Setting, changed_settings
from nndsl.program import Network, NoSuchName, Program


@dataclass(frozen=True)
class Files:
    """What became of a file.

    Attributes:
        comparisons: of the networks that both have.
        only_old, only_new: names of networks that only one of them has.
    """

    old_name: str
    new_name: str
    comparisons: tuple[Comparison, ...]
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]
    settings: tuple[Setting, ...]

    @property
    def is_same(self) -> bool:
        return all(one.is_same for one in self.comparisons) and not (self.only_old or self.only_new or self.settings)


def compare(old: Program, new: Program, name: str | None = None) -> Files:
    """Two files, or one network of them.

    Args:
        name: that of the only network to compare; settings are left out then.

    Raises:
        NoSuchName: one of the files has no network of that name.
    """
    names = old.source.name, new.source.name
    if name is not None:
        return Files(*names, (compared(old.network(name), new.network(name)),), (), (), ())
    before, after = networks(old), networks(new)
    if len(before) == len(after) == 1:
        pairs = [(next(iter(before.values())), next(iter(after.values())))]
        return Files(*names, tuple(compared(*pair) for pair in pairs), (), (), changed_settings(old, new))
    comparisons = tuple(compared(before[one], network) for one, network in after.items() if one in before)
    only = tuple(one for one in before if one not in after), tuple(one for one in after if one not in before)
    return Files(*names, comparisons, *only, changed_settings(old, new))


def networks(program: Program) -> dict[str, Network]:
    """The networks of a file by name: where one is trained, as it is trained; else those that can stand alone."""
    trained = [(training.name, learnt.written) for training in program.trainings.values() for learnt in training.learnt.values()]
    uses = Counter(network.name for _, network in trained)
    named = {network.name if uses[network.name] == 1 else f"{training}.{network.name}": network for training, network in trained}
    return {**{name: one for name, one in program.networks.items() if not uses[name]}, **named}


def the_only(files: Files) -> Comparison:
    """The comparison that is drawn.

    Raises:
        NoSuchName: there are none or several.
    """
    changed = [one for one in files.comparisons if not one.is_same] or list(files.comparisons)
    if len(changed) != 1:
        several = f"several networks changed, so name one: {', '.join(one.new.name for one in changed)}"
        raise NoSuchName(several if changed else "the files have no network in common")
    return changed[0]
