import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from jobs.problems import ProblemError
from jobs.urls import MAX_URL_CHARS, FetchableUrl, is_metadata, is_public, parse_url

NOT_PUBLIC = [
    # IPv4
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    # IPv6
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::7f00:1",
    "100::1",
    "2001::1",
    "2001:0:53aa:64c:0:fbfe:80ff:fffe",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2606:4700::1%eth0",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "100.63.255.255", "168.63.129.17", "172.32.0.1", "2001:4860:4860::8888", "2606:4700::1"]


def refusal(url):
    with pytest.raises(ProblemError) as caught:
        parse_url(url)
    assert caught.value.problem.type == "url-forbidden"
    return caught.value.problem.detail


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_not_everybody_may_reach_is_not_public(address):
    assert not is_public(address)
    host = f"[{address}]" if ":" in address else address
    if "%" in address:
        return  # no address of a URL's has a network in it
    assert refusal(f"https://{host}/shoe.jpg") == f"the URL's host {address} is not a public address"


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_one(address):
    assert is_public(address)
    host = f"[{address}]" if ":" in address else address
    assert parse_url(f"https://{host}/shoe.jpg").host == address


@given(some.ip_addresses(v=4) | some.ip_addresses(v=6))
def test_what_python_holds_for_private_is_never_public(address):
    if address.is_private or address.is_multicast or address.is_reserved or address.is_link_local:
        assert not is_public(str(address))


@given(some.ip_addresses(v=4, network="10.0.0.0/8"), some.sampled_from(["::", "::ffff:0:0", "64:ff9b::", "2002::"]))
def test_a_private_address_is_hidden_in_no_ipv6_one(private, prefix):
    shift = 80 if prefix == "2002::" else 0
    assert not is_public(str(ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) | int(private) << shift)))


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "::ffff:168.63.129.16", "64:ff9b::c000:c0", "2002:a9fe:a9fe::", "fd00:ec2::254%eth0"]
)
def test_metadata_is_known_in_every_form(address):
    assert is_metadata(address)


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "169.254.1.1", "8.8.8.8", "::1", "fd00::1", "nothing"])
def test_other_private_addresses_are_no_metadata(address):
    assert not is_metadata(address)


@pytest.mark.parametrize("text", ["", "shoes.example", "8.8.8", "8.8.8.8 ", "fe80::1%eth0", "08.8.8.8", "[::1]"])
def test_what_is_no_address_is_not_public(text):
    assert not is_public(text)


def test_a_url_is_told_in_parts():
    url = parse_url("https://CDN.Shoes.example:443/a/b%20c.jpg?sig=s3cret&x=/?")
    assert url == FetchableUrl("cdn.shoes.example", "/a/b%20c.jpg", "sig=s3cret&x=/?")
    assert url.target == "/a/b%20c.jpg?sig=s3cret&x=/?"
    assert url.without_query == "https://cdn.shoes.example/a/b%20c.jpg"


def test_a_url_may_have_no_path():
    assert parse_url("HTTPS://shoes.example").target == "/"
    assert parse_url("https://shoes.example?id=7").target == "/?id=7"
    assert parse_url("https://shoes.example/?").target == "/?"
    assert parse_url("https://[2606:4700::1]:443/x?y").without_query == "https://[2606:4700::1]/x"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shoes.example/a.jpg",
        "//shoes.example/a.jpg",
        "http://shoes.example/a.jpg",
        "ftp://shoes.example/a.jpg",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "gopher://shoes.example",
        " https://shoes.example",
        "https:shoes.example",
        "https:/shoes.example",
        "https",
        "view-source:https://shoes.example",
    ],
)
def test_any_scheme_but_https_is_refused(url):
    assert refusal(url).startswith("only URLs that begin with https:// are allowed; got ")


def test_a_refused_scheme_is_named_and_nothing_behind_it():
    assert refusal("http://user:secret@shop.example/a").endswith("; got http://")
    assert refusal("javascript:secret").endswith("; got javascript:")
    assert refusal("//shop.example/a").endswith("; got no scheme")


@pytest.mark.parametrize("port", ["80", "8443", "22", "6379", "0", "0443", "4430", "", "443:443", "+443", "65979"])
def test_any_port_but_443_is_refused(port):
    assert "only port 443" in refusal(f"https://shoes.example:{port}/a.jpg")
    assert "only port 443" in refusal(f"https://[2606:4700::1]:{port}/a.jpg")


@pytest.mark.parametrize("user", ["user", "user:password", "", ":", "8.8.8.8", "shoes.example:443"])
def test_user_names_are_refused(user):
    assert "user name" in refusal(f"https://{user}@shoes.example/a.jpg")


def test_an_at_sign_in_a_path_is_no_user_name():
    assert parse_url("https://shoes.example/shoe@2x.jpg?by=me@shoes.example").host == "shoes.example"


@pytest.mark.parametrize("url", ["https://shoes.example/a#b", "https://shoes.example#@127.0.0.1/", "https://8.8.8.8#"])
def test_fragments_are_refused(url):
    assert "fragment" in refusal(url)


@pytest.mark.parametrize("character", [*' \t\r\n\0\x7f"<>\\^`{|}', "é", "。", "１", "\u2028", "\ud800"])
@pytest.mark.parametrize(
    "url", ["https://shoes{}.example/a.jpg", "https://shoes.example/a{}.jpg", "https://a.example/?{}"]
)
def test_characters_that_no_url_has_are_refused(url, character):
    detail = refusal(url.format(character))
    assert "a URL holds no" in detail
    assert detail.replace("…", "").isascii()


@pytest.mark.parametrize(
    "host",
    [
        *("0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "0X7F000001", "2130706433", "127.1", "127.0.1", "0", "0x", "00"),
        *(
            "8.8.8",
            "8.8.8.8.8",
            "8.8.8.08",
            "010.8.8.8",
            "8.8.8.256",
            "4294967296",
            "shoes.0x7f",
            "shoes.1",
            "1.1.1.0x1",
        ),
        *(
            "[8.8.8.8]",
            "[::1%25eth0]",
            "[2606:4700::1%25eth0]",
            "[v1.fe80]",
            "[]",
            "[::1",
            "[",
            "[shoes.example]",
            "[2606:4700::1]x",
        ),
    ],
)
def test_odd_spellings_of_addresses_are_refused(host):
    assert "the URL's host" in refusal(f"https://{host}/a.jpg")


@pytest.mark.parametrize(
    "host",
    [
        *(
            "",
            ".",
            ".example",
            "shoes..example",
            "shoes.example.",
            "-shoes.example",
            "shoes-.example",
            "a" * 64 + ".example",
        ),
        *(
            "%73hoes.example",
            "shoes!.example",
            "sh*es.example",
            "shoes.example]",
            "a]b.example",
            ".".join(["abc"] * 64),
        ),
        *(
            "localhost",
            "redis",
            "metadata",
            "a.localhost",
            "Printer.Local",
            "metadata.google.internal",
            "nas.home.arpa",
        ),
    ],
)
def test_names_that_are_none_or_of_inner_networks_are_refused(host):
    assert "the URL's host" in refusal(f"https://{host}/a.jpg")


def test_a_host_of_many_kinds_of_labels_is_a_name():
    for host in ("xn--bcher-kva.example", "a_b.shoes.example", "1.2.3.4.example", "0x7f.example", "internal.example"):
        assert parse_url(f"https://{host}/").host == host


def test_too_long_a_url_is_refused():
    longest = "https://shoes.example/".ljust(MAX_URL_CHARS, "a")
    assert parse_url(longest).path.endswith("aaa")
    assert refusal(longest + "a") == "the URL has 2049 characters; 2048 are allowed"


@given(some.text(max_size=40), some.sampled_from(["", "https://", "https://shoes.example", "https://8.8.8.8/"]))
def test_any_text_is_a_url_or_a_problem(text, beginning):
    try:
        url = parse_url(beginning + text)
    except ProblemError:
        assert refusal(beginning + text)
    else:
        assert parse_url(url.without_query + url.target.removeprefix(url.path)) == url
