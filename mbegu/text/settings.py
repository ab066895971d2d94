"""The section `locale` of params.yaml: in what languages a project's rows are, and what follows from them."""

from typing import Annotated, NamedTuple

from mbegu.sections import NONEMPTY

NO_MONEY = "none"  # the currency of a project without one


class Locale(NamedTuple):
    """The section `locale`, which every stage, page and card reads alike."""

    languages: Annotated[list[str], NONEMPTY, "Languages of the rows, ISO 639 codes, the main one first; repeat."]
    currency: Annotated[str, "Currency of an amount that names none, its ISO 4217 code, or none; such as TZS."]
    unknown: Annotated[str, "How an answer says that it is not known."]
    disclaimer: Annotated[str, "What a page and a card say of the answers, in Markdown."]
    names: Annotated[list[str], "Names that an answer must get right, and that make two alike questions different; repeat."]
