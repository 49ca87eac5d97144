"""One WebSocket per worker for the Resonate Python SDK."""

from resonate_websocket.connection import WebSocketConnection

__all__ = ["WebSocketConnection"]
