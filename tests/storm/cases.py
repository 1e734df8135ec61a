"""The cases a transcript is played in: one a seed, and one death at each crossing in turn."""

import random
import re
from dataclasses import dataclass

from storage.database import Database
from tests.storm.ending import Ending, differences
from tests.storm.invariants import IN_CALM, breaches
from tests.storm.playing import Play, StormBroke
from tests.storm.weather import Calm, Deed, KillAt, Storm
from tests.transcripts.script import Says, Script, World

OUT_OF_ORDER_EVERY = 4
"""One seed in four lets messages overtake each other; three must end as the calm play does."""

BY_THE_SECOND = frozenset({"deux_questions"})
"""What is meant there hangs on whether five seconds have passed: of these, only the invariants."""

KILLED_EVERYWHERE = frozenset(
    {
        "acheter_une_place",
        "annuler_un_evenement",
        "argent_conteste",
        "argent_conteste_deux_fois",
        "argent_en_retard",
        "argent_en_retard_attend",
        "argent_en_retard_complet",
        "argent_incomplet",
        "argent_refuse_puis_deux_fois",
        "argent_rembourse",
        "ceder_plusieurs",
        "ceder_un_billet",
        "especes_rendues",
        "paye_deux_fois",
        "porte_conflit",
        "porte_groupe_de_quatre",
        "porte_premier_passage",
        "rendre_des_billets",
        "seminaire_nominatif",
        "un_proche_paie",
    }
)
"""Sold, paid by somebody else, late with each choice, too little, too much, twice; refunded whole,
in part, with its event, by hand, by a bank; in cash, named, given away one by one and together;
scanned alone, as a party, and without network: a process dies everywhere."""

MONEY_MOVES = frozenset(
    {"payé", "refusé", "page", "encaissé", "rembourse", "contestation", "prestataire", "annulé"}
)
"""What the world does about money: `! payé`, ... A sale that only sets the scene is not counted."""

MONEY_SAID = re.compile(
    r"espèces|^(?:rendre|reversement|caisse|vente|offrir|reçu|j['’]accepte)\b"
    r"|^\[.*(?:[Rr]embours|[Rr]end|[Rr]evers|Payer)"
)
"""What people do about money: begin to pay, sell for cash, count a till, give a ticket back, hand
money over, ask for a receipt."""


def is_about_money(script: Script) -> bool:
    """Say whether money moves in what a script tells: it must come out right under more seeds."""
    for move in script.moves:
        match move:
            case World(words=words) if words.partition(" ")[0] in MONEY_MOVES:
                return True
            case Says(text=text) if MONEY_SAID.search(text):
                return True
            case _:
                continue
    return False


LINES_SHOWN = 30
"""The end of what happened, in a failure; `python -m tests.storm` shows all of one case."""


@dataclass(frozen=True, slots=True)
class CalmPlay:
    """What a transcript gives in calm weather: the measure of its storms."""

    ending: Ending
    crossings: int


@dataclass(frozen=True, slots=True)
class SeedCase:
    """Everything as one seed decides."""

    seed: int

    def __str__(self) -> str:
        """How it is asked for again."""
        return f"--seed {self.seed}"


@dataclass(frozen=True, slots=True)
class KillCase:
    """One death at one crossing, before or after it took effect."""

    index: int
    after: bool

    def __str__(self) -> str:
        """How it is asked for again."""
        return f"--kill {self.index}{'+' if self.after else '-'}"


Case = SeedCase | KillCase


class CaseBroke(AssertionError):
    """A case that went wrong: the line to look at, the line to run, the end of what happened."""


def _broke(script: Script, case: Case, why: str, log: list[str]) -> CaseBroke:
    again = f"again: python -m tests.storm --only {script.name} {case}"
    return CaseBroke("\n".join([f"{script.name}.chat broke: {why}", again, *log[-LINES_SHOWN:]]))


def kill_cases(crossings: int) -> list[KillCase]:
    """A death before and after each crossing."""
    return [KillCase(index, after) for index in range(1, crossings + 1) for after in (False, True)]


async def play_calm(script: Script, database: Database) -> CalmPlay:
    """Play once without any weather; raises StormBroke."""
    calm = Calm()
    play = Play(script, database, calm, chance=None)
    ending = await play.run()
    failed = await database.read(breaches, IN_CALM)
    if failed and not _is_about_a_fault(script):
        raise StormBroke("; ".join(failed))
    return CalmPlay(ending, calm.crossings)


def _is_about_a_fault(script: Script) -> bool:
    """Say whether a script breaks a part of ours on purpose: `! panne`."""
    said = (move.words for move in script.moves if isinstance(move, World))
    return any(words.partition(" ")[0] == "panne" for words in said)


async def play_case(script: Script, calm: CalmPlay, case: Case, database: Database) -> Play:
    """Play a case on an empty database; raises CaseBroke."""
    match case:
        case SeedCase(seed):
            chance: random.Random | None = random.Random(-seed - 1)
            in_order = seed % OUT_OF_ORDER_EVERY != OUT_OF_ORDER_EVERY - 1
            in_order = in_order and script.name not in BY_THE_SECOND
            weather: Storm | KillAt = Storm(seed, calm.crossings)
        case KillCase(index, after):
            in_order, chance = True, None
            weather = KillAt(index, Deed.DIE_AFTER if after else Deed.DIE_BEFORE)
    play = Play(script, database, weather, chance, in_order=in_order)
    try:
        end = await play.run()
    except StormBroke as broke:
        raise _broke(script, case, str(broke), play.log) from broke
    found = [f"unseen ticket {one[:8]}" for one in end.unseen]
    if in_order:
        found = differences(calm.ending, end)
    if found:
        raise _broke(script, case, "; ".join(found), play.log)
    return play
