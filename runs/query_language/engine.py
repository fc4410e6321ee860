"""How does a lark grammar read a text, and how is what it did not understand told to a person?

Both query languages (ours and MLflow's) run on this. LALR: linear time, no recursion, no pattern of a user's.
"""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedToken

from runs.mistakes import UserMistake
from runs.query_language.tree import And, Node, Not, Or

LONGEST = 4096
MOST_CONDITIONS = 200
DEEPEST = 50

NotUnderstood = Callable[[str, int, Collection[str]], UserMistake]

_VALUE_TERMINALS = frozenset({"VALUE", "QUOTED"})


class _Parentheses:
    """Watches the tokens go by: every parenthesis has its partner, and they do not nest too deep."""

    always_accept = ()

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        open_at: list[int] = []
        for token in stream:
            if token.type == "LPAR":
                open_at.append(token.start_pos or 0)
                if len(open_at) > DEEPEST:
                    raise _too_deep(open_at[-1])
            elif token.type == "RPAR":
                if not open_at:
                    raise UserMistake("This ) closes nothing", "query", token.start_pos)
                open_at.pop()
            yield token
        if open_at:
            raise UserMistake("This ( is never closed", "query", open_at[-1])


def build(grammar: str, transformer: Transformer[Token, Node | None], **terminals: str) -> Lark:
    """The parser of the grammar file ``grammar`` beside this module; ``%NAME%`` in it stands for ``terminals``."""
    text = (Path(__file__).parent / grammar).read_text(encoding="utf-8")
    for name, pattern in terminals.items():
        text = text.replace(f"%{name}%", pattern.replace("/", r"\/"))
    return Lark(text, parser="lalr", lexer="contextual", transformer=transformer, postlex=_Parentheses())


def run(parser: Lark, text: str, not_understood: NotUnderstood | None = None, longest: int = LONGEST) -> Node | None:
    """The tree of ``text`` within the limits; raises UserMistake with the 0-based column of what is wrong.

    ``not_understood`` words the mistake when the grammar stops at a column and knows which terminals could follow.
    """
    explain = not_understood or _not_understood
    if len(text) > longest:
        raise UserMistake(f"A query has at most {longest:,} characters; this one has {len(text):,}", "query", longest)
    if not text or text.isspace():
        return None
    _check_characters(text)
    try:
        tree: Any = parser.parse(text)
    except UnexpectedToken as error:
        position = len(text) if error.token.type == "$END" else error.token.start_pos or 0
        raise explain(text, position, error.accepts or error.expected) from None
    except UnexpectedCharacters as error:
        raise explain(text, error.pos_in_stream or 0, error.allowed) from None
    _check_size(tree)
    return tree  # type: ignore[no-any-return]


def _check_characters(text: str) -> None:
    """Refuses what no database can compare with: NUL, and halves of characters."""
    if "\x00" in text:
        raise UserMistake("A NUL character cannot be searched for", "query", text.index("\x00"))
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UserMistake("This is half a character (a lone surrogate)", "query", error.start) from None


def _not_understood(text: str, position: int, expected: Collection[str]) -> UserMistake:
    found = text[position : position + 1]
    if found and found in "\"'" and text.count(found, position) == 1:
        return UserMistake("This quote is never closed", "query", position)
    if _VALUE_TERMINALS & set(expected):
        return UserMistake("A value is missing here; quote it if it has odd characters", "query", position)
    if found == "`":
        return UserMistake('Backticks go around a name: param.`learning rate`. Use "…" around text', "query", position)
    if not found:
        return UserMistake("The query stops too early: something is missing at its end", "query", position)
    if found in ":=<>!~":
        return UserMistake(f"There is no field before this {found}; quote it to search for it", "query", position)
    return UserMistake(f"{_word_at(text, position)} cannot stand here; quote it to search for it", "query", position)


def _word_at(text: str, position: int) -> str:
    word = text[position : position + 40].split(maxsplit=1)
    return word[0] if word else text[position]


def _check_size(tree: Node) -> None:
    """Refuses what is too deep or has too many conditions, without recursion."""
    conditions, waiting = 0, [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > DEEPEST:
            raise _too_deep(node.span[0])
        match node:
            case And(parts) | Or(parts):
                waiting.extend((part, depth + 1) for part in reversed(parts))
            case Not(part):
                waiting.append((part, depth + 1))
            case _:
                conditions += 1
                if conditions > MOST_CONDITIONS:
                    message = f"A query has at most {MOST_CONDITIONS} conditions"
                    raise UserMistake(message, "query", node.span[0])


def _too_deep(position: int) -> UserMistake:
    return UserMistake(f"A query nests at most {DEEPEST} levels deep", "query", position)
