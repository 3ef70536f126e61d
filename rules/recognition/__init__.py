"""Recognition: what octets and texts are, without anybody having said so. Pure; octets and texts in, values out."""
