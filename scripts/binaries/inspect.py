"""Says of compiled addons, in JSON, what their headers and tables of symbols say: for which machine, what they export and need."""

import json
import re
import sys

import lief


def largest_version(names: list[str], family: str) -> list[int] | None:
    """The largest of the versions of a library's symbols: [2, 28] of GLIBC_2.28."""
    numbers = [re.fullmatch(rf"{family}_([\d.]+)", name) for name in names]
    return max(([int(part) for part in match[1].split(".")] for match in numbers if match), default=None)


def of_elf(binary: lief.ELF.Binary) -> dict[str, object]:
    required = [
        version.name for needed in binary.symbols_version_requirement for version in needed.get_auxiliary_symbols()
    ]
    symbols = [symbol for symbol in binary.dynamic_symbols if symbol.name]
    return {
        "format": "ELF",
        "machine": binary.header.machine_type.name,
        "exports": [symbol.name for symbol in symbols if symbol.shndx != 0],
        "libraries": sorted(binary.libraries),
        "glibc": largest_version(required, "GLIBC"),
        "imports": [symbol.name for symbol in symbols if symbol.shndx == 0],
        "executableStack": binary.has_nx is False,
    }


# What the linker adds by itself.
LINKER_SYMBOLS = {"___dso_handle", "__mh_dylib_header"}


def of_macho(binary: lief.MachO.Binary) -> dict[str, object]:
    exported = [symbol.name for symbol in binary.exported_symbols if symbol.name not in LINKER_SYMBOLS]
    libraries = [library for library in binary.libraries if library.command != lief.MachO.LoadCommand.TYPE.ID_DYLIB]
    return {
        "format": "Mach-O",
        "machine": binary.header.cpu_type.name,
        "exports": [name.removeprefix("_") for name in exported],
        "libraries": [library.name for library in libraries],
        "minimum": list(binary.build_version.minos) if binary.has_build_version else None,
        "imports": [symbol.name.removeprefix("_") for symbol in binary.imported_symbols],
        "signed": binary.has_code_signature,
    }


def of_pe(binary: lief.PE.Binary) -> dict[str, object]:
    exported = binary.get_export()
    return {
        "format": "PE",
        "machine": binary.header.machine.name,
        "exports": [entry.name for entry in exported.entries] if exported else [],
        "libraries": [imported.name for imported in binary.imports],
        "imports": [entry.name for imported in binary.imports for entry in imported.entries],
    }


def describe(path: str) -> dict[str, object]:
    """What the file at the path is."""
    binary = lief.parse(path)
    if isinstance(binary, lief.ELF.Binary):
        return of_elf(binary)
    if isinstance(binary, lief.MachO.Binary):
        return of_macho(binary)
    if isinstance(binary, lief.PE.Binary):
        return of_pe(binary)
    raise SystemExit(f"{path} is no binary that can be read.")


print(json.dumps([describe(path) for path in sys.argv[1:]]))
