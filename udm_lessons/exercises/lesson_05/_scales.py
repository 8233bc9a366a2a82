"""The scales of three processes at two times: alpha_t, sigma_t, alpha_s, sigma_s."""

from __future__ import annotations

ON_A_CIRCLE = (0.6, 0.8, 0.8, 0.6)
ON_A_LINE = (0.3, 0.7, 0.5, 0.5)
EXPLODING = (1.0, 3.0, 1.0, 0.5)
