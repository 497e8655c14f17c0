"""XML that is no HTML: the text of its elements, named by their tags.

Promises: no document type is read, so no entity is expanded and nothing is fetched; elements that hold only text and
stand together become one list of "name: text". Does not cover attributes and what a style sheet would make of it.
"""

from __future__ import annotations

import re

from lxml import etree  # type: ignore[import-untyped]

from assistant.loaders.decoding import decode, is_text
from assistant.loaders.example import Example
from assistant.loaders.limits import File, refusal
from assistant.values import Block, LoadedDocument

MAX_DEPTH = 200
DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


class Xml:
    """Reads XML files as lists of their elements' texts."""

    def accepts(self, head: bytes, name: str) -> bool:
        """Whether ``head`` starts with the declaration of XML."""
        return is_text(head) and bool(DECLARATION.match(decode(head[: len(head) // 4 * 4])))

    def load(self, file: File) -> LoadedDocument:
        text = DECLARATION.sub("", decode(file.data))
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise refusal(file, "it declares a document type or entities, which are not read; save it as HTML or PDF")
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True)
        try:
            root = etree.fromstring(text.encode("utf-8", "replace"), parser)
        except (etree.XMLSyntaxError, ValueError):
            root = None
        if root is None:
            raise refusal(file, "the XML is damaged")
        blocks: list[Block] = []
        _gather(root, blocks, 0)
        if not blocks:
            raise refusal(file, "it holds no text")
        return LoadedDocument(blocks=tuple(blocks), format="XML")


def _gather(element: object, blocks: list[Block], depth: int) -> None:
    """Adds the text under ``element``; leaves become items of a list, text beside elements a paragraph."""
    if depth > MAX_DEPTH:
        return
    items: list[str] = []
    for child in element:  # type: ignore[attr-defined]
        if not isinstance(child.tag, str):
            continue
        text = " ".join((child.text or "").split())
        if len(child) == 0 and text:
            items.append(f"- {etree.QName(child).localname}: {text}")
            continue
        if items:
            blocks.append(Block("list", "\n".join(items)))
            items = []
        if text:
            blocks.append(Block("paragraph", text))
        _gather(child, blocks, depth + 1)
        if tail := " ".join((child.tail or "").split()):
            blocks.append(Block("paragraph", tail))
    if items:
        blocks.append(Block("list", "\n".join(items)))
    own = " ".join((element.text or "").split())  # type: ignore[attr-defined]
    if depth == 0 and own:
        blocks.insert(0, Block("paragraph", own))


EXAMPLES = (
    Example(
        "fees.xml",
        lambda: b"<?xml version='1.0'?><fees><fee><name>Hail</name><rate>5%</rate></fee><n>Ask <b>first</b></n></fees>",
        shown=("- name: Hail\n- rate: 5%", "Ask", "first"),
    ),
    Example(
        "entities.xml",
        lambda: b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>",
        refused="declares a document type",
    ),
)
