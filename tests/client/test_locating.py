"""Which server and which key: arguments, environment, the stack of this machine."""

import json
import os
import subprocess
import sys

import pytest

from packshot import errors
from packshot.locating import KEY_FILE, STACK_FILE, data_folder, locate

LOCAL = "http://127.0.0.1:9999"


@pytest.fixture
def environ(tmp_path):
    return {"PACKSHOT_DATA_DIR": str(tmp_path)}


@pytest.fixture
def local_stack(tmp_path):
    (tmp_path / STACK_FILE).write_text(json.dumps({"url": LOCAL, "pid": os.getpid()}))
    (tmp_path / KEY_FILE).write_text("psk_dev.secret\n")


@pytest.mark.usefixtures("local_stack")
def test_the_running_stack_is_found_with_its_key(environ):
    server = locate(environ=environ)
    assert (server.url, server.api_key, server.named) == (LOCAL, "psk_dev.secret", False)


@pytest.mark.usefixtures("local_stack")
def test_arguments_come_before_the_environment_before_the_stack(environ):
    told = {**environ, "PACKSHOT_URL": "https://shop.example/", "PACKSHOT_API_KEY": "psk_env.secret"}
    assert locate(environ=told).url == "https://shop.example"
    server = locate("https://other.example", "psk_mine.secret", environ=told)
    assert (server.url, server.api_key, server.named) == ("https://other.example", "psk_mine.secret", True)


@pytest.mark.usefixtures("local_stack")
def test_the_development_key_is_for_the_local_stack_alone(environ):
    assert locate("https://shop.example", environ=environ).api_key is None
    assert locate(LOCAL + "/", environ=environ).api_key == "psk_dev.secret"


@pytest.mark.usefixtures("local_stack")
def test_a_key_is_told_unless_it_is_the_local_stack_s_own(environ):
    """A command that found the stack by itself gives its client the address and the key that it found."""
    assert not locate(LOCAL, "psk_dev.secret", environ=environ).key_told
    assert not locate(environ=environ).key_told
    assert locate(LOCAL, "psk_mine.secret", environ=environ).key_told
    assert locate("https://shop.example", "psk_dev.secret", environ=environ).key_told


def test_no_server_anywhere_says_how_to_get_one(environ):
    with pytest.raises(errors.ServerNotFound, match=r"packshot up.*PACKSHOT_URL"):
        locate(environ=environ)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": "http://x"}', '{"url": "http://x", "pid": "?"}'])
def test_a_damaged_stack_file_is_no_server(environ, tmp_path, text):
    (tmp_path / STACK_FILE).write_text(text)
    with pytest.raises(errors.ServerNotFound):
        locate(environ=environ)


def test_a_stack_whose_process_is_gone_is_no_server(environ, tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / STACK_FILE).write_text(json.dumps({"url": LOCAL, "pid": gone.pid}))
    with pytest.raises(errors.ServerNotFound):
        locate(environ=environ)


def test_the_data_folder_honours_xdg(tmp_path):
    assert data_folder({"XDG_DATA_HOME": str(tmp_path)}) == tmp_path / "packshot"
    assert data_folder({}).parts[-3:] == (".local", "share", "packshot")


@pytest.fixture
def homeless(monkeypatch):
    """No HOME, and a user of whom the system knows nothing, as in many containers."""

    def unknown(uid: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", unknown)


@pytest.mark.usefixtures("homeless")
def test_a_user_without_a_home_is_told_what_to_set_unless_a_server_is_named():
    with pytest.raises(errors.ServerNotFound, match=r"PACKSHOT_URL.*PACKSHOT_DATA_DIR"):
        locate(environ={})
    assert locate("https://shop.example", "psk_mine.secret", environ={}).api_key == "psk_mine.secret"


def test_a_tilde_of_nobody_is_told():
    with pytest.raises(errors.DataFolderUnknown, match="~nobody-of-this-name"):
        data_folder({"PACKSHOT_DATA_DIR": "~nobody-of-this-name/packshot"})


def test_the_key_is_not_in_the_servers_repr():
    assert "secret" not in repr(locate("https://shop.example", "psk_mine.secret"))


def test_importing_the_sdk_brings_no_server_room_and_no_pillow():
    code = "import sys, packshot; print(sorted({'api', 'jobs', 'worker', 'engine', 'PIL'} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-P", "-c", code], text=True).strip() == "[]"


@pytest.mark.parametrize("address", ["foo", "localhost:8080", "ftp://shop", "http://", "http://shop:port"])
def test_an_address_that_is_none_is_told_so(environ, address):
    with pytest.raises(errors.ServerNotFound, match=r"http://HOST:PORT"):
        locate(address, environ=environ)


@pytest.mark.parametrize("address", ["http://127.0.0.1:8080/", "https://shop.example/packshot", "http://[::1]:8080"])
def test_an_address_is_taken_as_it_is_told(environ, address):
    assert locate(address, environ=environ).url == address.rstrip("/")
