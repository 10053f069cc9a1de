#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings translations/helmscope_<language>.ts up to the texts of the sources.

update.py LUPDATE ROOT FILE.ts...   lupdate reads the sources; what was translated stays translated.

lupdate alone will not do: in some files its parser loses the namespace, and what stands in the
context "Tr" instead of "helmscope::Tr" is never found by the program.
"""
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree


def key_of(message):
    comment = message.find("comment")
    return message.find("source").text, comment.text if comment is not None else None


def texts(lupdate, root, language):
    """The contexts with their messages, untranslated."""
    sources = sorted(
        str(file)
        for folder in ("core", "widgets", "app")
        for file in (root / folder).rglob("*")
        if file.suffix in (".cpp", ".h")
    )
    with tempfile.TemporaryDirectory() as folder:
        names = pathlib.Path(folder) / "sources"
        names.write_text("\n".join(sources))
        ts = pathlib.Path(folder) / "texts.ts"
        subprocess.run(
            [lupdate, "-silent", f"@{names}", "-I", root, "-I", root / "core", "-locations", "none",
             "-target-language", language, "-ts", ts],
            check=True, stderr=subprocess.DEVNULL)
        tree = ElementTree.parse(ts).getroot()
    contexts = {}
    for context in tree.findall("context"):
        name = context.find("name").text
        if not name.startswith("helmscope::"):
            name = "helmscope::" + name
        messages = contexts.setdefault(name, {})
        for message in context.findall("message"):
            messages.setdefault(key_of(message), message)
    return contexts


def main():
    lupdate, root = sys.argv[1], pathlib.Path(sys.argv[2])
    for file in map(pathlib.Path, sys.argv[3:]):
        language = file.stem.removeprefix("helmscope_")
        known, anywhere = {}, {}
        if file.exists():
            for context in ElementTree.parse(file).getroot().findall("context"):
                for message in context.findall("message"):
                    translation = message.find("translation")
                    if translation is not None and translation.text and \
                            translation.get("type") != "unfinished":
                        known[context.find("name").text, key_of(message)] = translation.text
                        anywhere[key_of(message)] = translation.text
        root_element = ElementTree.Element("TS", version="2.1", language=language)
        missing = 0
        for name, messages in sorted(texts(lupdate, root, language).items()):
            context = ElementTree.SubElement(root_element, "context")
            ElementTree.SubElement(context, "name").text = name
            for key, message in messages.items():
                found = known.get((name, key), anywhere.get(key))
                translation = message.find("translation")
                translation.text = found
                if found:
                    translation.attrib.pop("type", None)
                else:
                    translation.set("type", "unfinished")
                    missing += 1
                context.append(message)
        ElementTree.indent(root_element, "    ")
        text = ElementTree.tostring(root_element, encoding="unicode")
        file.write_text('<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n' + text + "\n")
        print(f"{file.name}: {missing} texts are to be translated")


main()
