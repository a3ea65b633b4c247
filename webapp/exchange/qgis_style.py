"""The classes' colours as QGIS reads them: a QML document with one symbol per class."""

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from webapp.labels.models import LabelClass, Pattern

FILL_ALPHA = 0.35
OUTLINE_WIDTH_MM = 0.4


def qml(classes: Iterable[LabelClass]) -> str:
    """A categorised style on the field `class_code`, one symbol per class, retired ones too."""
    root = ET.Element("qgis", version="3.22", styleCategories="Symbology")
    renderer = ET.SubElement(root, "renderer-v2", type="categorizedSymbol", attr="class_code")
    categories = ET.SubElement(renderer, "categories")
    symbols = ET.SubElement(renderer, "symbols")
    for index, label_class in enumerate(classes):
        ET.SubElement(
            categories,
            "category",
            render="true",
            symbol=str(index),
            value=label_class.code,
            label=label_class.name,
        )
        _symbol(symbols, index, label_class)
    return "<!DOCTYPE qgis>\n" + ET.tostring(root, encoding="unicode")


def _symbol(parent: ET.Element, index: int, label_class: LabelClass) -> None:
    red, green, blue = bytes.fromhex(label_class.colour[1:])
    colour = f"{red},{green},{blue},255"
    fill_alpha = 0 if label_class.pattern != Pattern.PLAIN else round(FILL_ALPHA * 255)
    symbol = ET.SubElement(parent, "symbol", type="fill", name=str(index), alpha="1")
    _layer(
        symbol,
        "SimpleFill",
        color=f"{red},{green},{blue},{fill_alpha}",
        style="solid",
        outline_color=colour,
        outline_style="solid",
        outline_width=str(OUTLINE_WIDTH_MM),
        outline_width_unit="MM",
    )
    if label_class.pattern == Pattern.HATCH:
        _layer(symbol, "LinePatternFill", angle="45", distance="2", color=colour, line_width="0.4")
    elif label_class.pattern == Pattern.DOTS:
        _layer(symbol, "PointPatternFill", distance_x="2", distance_y="2", color=colour)


def _layer(symbol: ET.Element, kind: str, **properties: str) -> None:
    layer = ET.SubElement(symbol, "layer", {"class": kind, "enabled": "1", "pass": "0"})
    options = ET.SubElement(layer, "Option", type="Map")
    for name, value in properties.items():
        ET.SubElement(options, "Option", type="QString", name=name, value=value)
