"""SHA-256 of each built-in data set as seed 0 with default sizes and teacher writes it."""

CHECKSUMS: dict[str, str] = {
    "nano_svamp": "cb96339f959d8c595bbb4506e14ff2f7b0aa67a580175febc729af76521dcf64",
    "nano_cqa": "6e15308de684ba6cc31a67cf4eb5b497ab1f186e4c12ca3438b5886698c77ec1",
    "nano_esnli": "a72e1e879f254eacf2fa277d79e93fd4d66198ea51d012962a297acfd3d9d26f",
    "nano_anli": "667280d95ebcb2a96bdbe3b3f24039fcff9bf3323220091d5d2f2feaca2c0882",
}
