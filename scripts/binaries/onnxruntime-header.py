"""
Writes what the fused engine's addon needs of onnxruntime's C API, from its header, as JSON:

    apt-get download libonnxruntime-dev && dpkg -x libonnxruntime-dev_*.deb header
    python3 onnxruntime-header.py header/usr/include/onnxruntime/onnxruntime_c_api.h "Debian's package ..." \
        > packages/onnxruntime-fused/fixtures/onnxruntime-c-api.json
"""

import json
import re
import sys
from pathlib import Path

# The addon asks for version 16 of the API; its table ends with this function for us.
LAST_FUNCTION = "KernelInfoGetAttributeArray_int64"
ENUMS = [
    "ONNXTensorElementDataType",
    "OrtLoggingLevel",
    "OrtErrorCode",
    "GraphOptimizationLevel",
    "ExecutionMode",
    "OrtAllocatorType",
    "OrtMemType",
    "OrtCustomOpInputOutputCharacteristic",
]


def without_comments(text: str) -> str:
    """The header without comments and the preprocessor's lines."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return re.sub(r"^\s*#.*$", "", re.sub(r"//[^\n]*", "", text), flags=re.M)


def declaration(member: str) -> str:
    """A member in plain C, without macros and annotations."""
    member = re.sub(r"ORT_CLASS_RELEASE\((\w+)\)", r"void (* Release\1)(Ort\1* input)", member)
    member = re.sub(r"ORT_API2_STATUS\((\w+), ?", r"OrtStatus* (* \1)(", member)
    member = re.sub(r"ORT_API_CALL|ORT_ALL_ARGS_NONNULL|NO_EXCEPTION|ORT_MUST_USE_RESULT", "", member)
    member = re.sub(r"\b_(In|Out|Inout|Outptr|Frees|Ret|Check)\w*_(?:\([^()]*\))?", "", member)
    member = re.sub(r"\s+", " ", member.replace("OrtStatusPtr", "OrtStatus*"))
    member = re.sub(r"\s*\*\s*", "* ", member).replace("* *", "**").replace("(* ", "(*").replace("* )", "*)")
    member = re.sub(r"\*\(\*", "* (*", re.sub(r"(\w)\(\*", r"\1 (*", member))
    return re.sub(r"\s+\)", ")", member.replace(" ,", ",").replace("( ", "(")).strip()


def members(text: str, name: str) -> list[str]:
    """The members of a structure in their order."""
    begin = text.index(f"struct {name} {{") + len(f"struct {name} {{")
    parts = text[begin : text.index("\n};", begin)].split(";")
    return [declaration(part) for part in parts if part.strip()]


def enumerators(text: str, name: str) -> dict[str, int]:
    """The names of an enumeration with their values."""
    match = re.search(rf"typedef enum {name} \{{(.*?)\}} ", text, re.S)
    if not match:
        raise SystemExit(f"the header has no enumeration {name}.")
    values: dict[str, int] = {}
    last = -1
    for part in match[1].split(","):
        key, _, value = (piece.strip() for piece in part.partition("="))
        if key:
            last = values[value] if value in values else int(value) if value else last + 1
            values[key] = last
    return values


header = Path(sys.argv[1]).read_text()
text = without_comments(header)
functions = members(text, "OrtApi")
end = next(i for i, function in enumerate(functions) if f"(*{LAST_FUNCTION})" in function) + 1
version = re.search(r"#define ORT_API_VERSION (\d+)", header)
contents = {
    "source": f"onnxruntime_c_api.h of {sys.argv[2]}, written by scripts/binaries/onnxruntime-header.py",
    "license": "MIT License, Copyright (c) Microsoft Corporation",
    "version": int(version[1]) if version else None,
    "base": members(text, "OrtApiBase"),
    "functions": functions[:end],
    "operator": members(text, "OrtCustomOp"),
    "enums": {name: enumerators(text, name) for name in ENUMS},
}
print(json.dumps(contents, indent=2))
