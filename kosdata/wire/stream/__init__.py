"""The WebSocket service: its messages, its sessions, and the thread that they live in."""
