"""Writes the list of dependencies that `cargo auditable` put into the ELF file that is named, as JSON."""

import pathlib
import struct
import sys
import zlib

program = pathlib.Path(sys.argv[1]).read_bytes()
if program[:6] != b"\x7fELF\x02\x01":
    sys.exit(f"{sys.argv[1]} is no ELF file of 64 bits, little-endian")
table, = struct.unpack_from("<Q", program, 40)
size, count, names = struct.unpack_from("<HHH", program, 58)
# Of each section: where its name is, and from where to where its bytes go.
sections = [struct.unpack_from("<I20xQQ", program, table + place * size) for place in range(count)]
_, start, length = sections[names]
texts = program[start:start + length]
for name, start, length in sections:
    if texts[name:texts.index(b"\0", name)] == b".dep-v0":
        sys.exit(sys.stdout.buffer.write(zlib.decompress(program[start:start + length])) and 0)
sys.exit(f"{sys.argv[1]} carries no list of what it is made of: build it by deploy/build.sh")
