import threading

from engine.batching.room import Room


def test_an_empty_engine_has_room_for_a_photo_beyond_the_limit():
    assert Room(100).has(5000)


def test_room_ends_at_the_limit_and_returns_with_the_pixels():
    room = Room(100)
    room.take(60)
    assert room.has(40)
    assert not room.has(41)
    room.take(40)
    assert not room.has(0)
    room.give(60)
    assert room.has(60)


def test_waiting_ends_when_room_is_made():
    room = Room(100)
    room.take(100)
    threading.Timer(0.02, room.give, [100]).start()
    assert room.wait_for(50, timeout_s=30)


def test_waiting_gives_up_after_its_time():
    room = Room(100)
    room.take(100)
    assert not room.wait_for(1, timeout_s=0.01)
