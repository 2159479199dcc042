"""Writes sources of gigabytes without holding them."""


def write(path, pieces):
    """The file of some pieces."""
    with open(path, "wb", buffering=1 << 20) as file:
        for piece in pieces:
            if callable(piece):
                for text in piece():
                    file.write(text.encode())
            elif isinstance(piece, str):
                file.write(piece.encode())
            else:
                text, count = piece[0].encode(), piece[1]
                block = max(1, (1 << 20) // max(1, len(text)))
                for _ in range(count // block):
                    file.write(text * block)
                file.write(text * (count % block))
