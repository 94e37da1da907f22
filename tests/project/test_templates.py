"""Every page compiles, keeps the content security policy, and names only files that exist."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import engines

ROOT = Path(settings.BASE_DIR)
FOLDERS = [ROOT / "templates", *sorted(p for p in ROOT.glob("*/templates") if ".venv" not in p.parts)]
TEMPLATES = [(folder, path) for folder in FOLDERS for path in sorted(folder.rglob("*.html"))]
SCREENS = [(folder, path) for folder, path in TEMPLATES if "print" not in path.relative_to(folder).parts]

INLINE = re.compile(
    r"<style|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|<script(?![^>]*\bsrc=)|javascript:|hx-on", re.IGNORECASE
)


def name_of(found: tuple[Path, Path]) -> str:
    folder, path = found
    return str(path.relative_to(folder))


@pytest.mark.parametrize("found", TEMPLATES, ids=name_of)
def test_a_template_compiles(found):
    engines["django"].get_template(name_of(found))


@pytest.mark.parametrize("found", SCREENS, ids=name_of)
def test_a_page_has_no_inline_style_or_script(found):
    _folder, path = found
    assert not INLINE.findall(path.read_text())


@pytest.mark.parametrize("found", TEMPLATES, ids=name_of)
def test_an_asset_that_a_template_names_exists(found):
    _folder, path = found
    for asset in re.findall(r"{%\s*static\s+['\"]([^'\"]+)['\"]\s*%}", path.read_text()):
        assert finders.find(asset), asset


@pytest.mark.parametrize("css", sorted((ROOT / "static").rglob("*.css")), ids=lambda p: p.name)
def test_a_style_sheet_names_only_files_that_ship(css):
    for target in re.findall(r"url\(\s*[\"']?([^\"')]+)", css.read_text()):
        if not target.startswith(("data:", "%23", "#")):
            assert (css.parent / target).resolve().is_file(), target


def test_paper_names_only_fonts_that_ship():
    for target in re.findall(r"url\(hms-asset:([^)]+)\)", (ROOT / "templates/print/print.css").read_text()):
        assert (ROOT / "static" / target).is_file(), target


def test_every_vendored_asset_is_listed_with_its_licence():
    vendor = ROOT / "static/vendor"
    listed = (vendor / "README.md").read_text()
    for folder in (p for p in vendor.iterdir() if p.is_dir()):
        assert f"`{folder.name}/`" in listed
        assert (folder / "LICENSE").is_file()
