"""Exports of Telegram Desktop to messages."""
