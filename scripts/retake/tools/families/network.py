"""Network utilities: domains, addresses, links, codes, checks of mail and phone numbers."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import re
from urllib.parse import quote, urlsplit

from retake.tools.arguments import ToolError
from retake.tools.family import Family, Query, Result, World
from retake.tools.people import person, phone
from retake.tools.places import CITIES, country_of
from retake.tools.seeded import TODAY, Dice

family = Family(
    "network",
    "domain whois dns ip address url link qr code shorten email mail phone number validate validation verify hash encode decode password uuid ssl certificate host server website barcode iban company business",
)


def domain_of(text: str) -> str:
    """Return the host name in a URL, a mail address or a bare name."""
    return (urlsplit(text if "//" in text else f"//{text}").hostname or "example.com").removeprefix("www.")


@family.tool("whois whois_lookup domain_whois domain_lookup domain_info whois_data domain_information", needs="domain")
def whois(query: Query, world: World) -> Result:
    name = domain_of(query.text("domain", "example.com"))
    dice = Dice("whois", name)
    return {
        "domain": name,
        "registered": True,
        "registrar": dice.pick(("NameHarbor", "RegistryOne", "DomainQuay")),
        "created": dice.day(-9000, -400).isoformat(),
        "expires": dice.day(30, 900).isoformat(),
        "name_servers": [f"ns{i}.{dice.pick(('dnsquay', 'nameharbor'))}.example" for i in (1, 2)],
        "status": ["clientTransferProhibited"],
    }


@family.tool(
    "domain_availability check_domain domain_available check_domain_availability is_domain_available domain_check",
    needs="domain",
)
def domain_availability(query: Query, world: World) -> Result:
    name = domain_of(query.text("domain", "example.com"))
    return {
        "domain": name,
        "available": Dice("free", name).chance(0.3),
        "price_usd": Dice("domain price", name).number(9, 40),
    }


@family.tool("dns_lookup dns_records dns resolve_domain domain_dns nslookup resolve_dns dns_check", needs="domain")
def dns_lookup(query: Query, world: World) -> Result:
    name = domain_of(query.text("domain", "example.com"))
    dice = Dice("dns", name)
    return {
        "domain": name,
        "A": [f"203.0.113.{dice.whole(1, 254)}"],
        "MX": [f"mail.{name}"],
        "NS": [f"ns1.{name}", f"ns2.{name}"],
        "TXT": ["v=spf1 mx -all"],
        "ttl_s": 3600,
    }


@family.tool(
    "ip_lookup ip_info ip_geolocation geolocate_ip ip_location ip_address_lookup locate_ip ip_details ip_to_location location_by_ip ip",
    needs="ip",
)
def ip_lookup(query: Query, world: World) -> Result:
    text = query.text("ip", "203.0.113.7")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise ToolError("invalid_value", f"{text[:60]!r} is not an IP address") from None
    city = Dice("ip", text).pick(CITIES)
    country = country_of(city.country)
    return {
        "ip": text,
        "version": address.version,
        "is_private": address.is_private,
        "city": city.name,
        "country": country.name if country else city.country,
        "country_code": city.country,
        "latitude": city.latitude,
        "longitude": city.longitude,
        "timezone": city.timezone,
        "isp": Dice("isp", text).pick(("Skyline Net", "Harbor Telecom", "FiberOne")),
    }


@family.tool("my_ip public_ip current_ip my_ip_address get_my_ip")
def my_ip(query: Query, world: World) -> Result:
    return {"ip": "203.0.113.24"}


@family.tool(
    "qr_code generate_qr_code qr_code_generator create_qr_code qr generate_qr make_qr_code qrcode", needs="text"
)
def qr_code(query: Query, world: World) -> Result:
    text = query.text("text", query.text("url", "https://example.com"))
    return {
        "content": text,
        "format": "png",
        "size": query.whole("size", 200, high=4000),
        "image_url": f"https://qr.example/{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:16]}.png",
    }


@family.tool("shorten_url url_shortener short_url short_link create_short_url shorten_link link_shortener", needs="url")
def shorten_url(query: Query, world: World) -> Result:
    url = query.text("url", "https://example.com")
    row = {"short_url": f"https://s.example/{Dice('short', url).code(7)}", "long_url": url}
    return world.issue("short", row["short_url"], row)


@family.tool("expand_url unshorten_url unshorten expand_short_url", needs="url")
def expand_url(query: Query, world: World) -> Result:
    url = query.text("url", "https://s.example/A")
    return world.shown("short", url) or {
        "short_url": url,
        "long_url": f"https://example.com/{Dice('long', url).code(6).lower()}",
    }


@family.tool(
    "validate_email email_validation verify_email check_email email_verifier email_validator email_verification is_valid_email email_checker",
    needs="email",
)
def validate_email(query: Query, world: World) -> Result:
    text = query.text("email", "")
    is_valid = re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", text) is not None
    return {
        "email": text,
        "valid_format": is_valid,
        "deliverable": is_valid and Dice("mail", text).chance(0.85),
        "disposable": any(w in text for w in ("mailinator", "tempmail", "10minute")),
        "domain": text.rpartition("@")[2],
    }


@family.tool(
    "validate_phone phone_validation phone_lookup phone_number_lookup verify_phone phone_info validate_phone_number phone_validator phone_number_validation",
    needs="phone",
)
def validate_phone(query: Query, world: World) -> Result:
    text = query.text("phone", "")
    digits = re.sub(r"\D", "", text)
    return {
        "phone": text,
        "valid": 7 <= len(digits) <= 15,
        "e164": f"+{digits}",
        "line_type": Dice("line", digits).pick(("mobile", "landline", "voip")),
        "carrier": Dice("carrier", digits).pick(("Harbor Mobile", "Skyline", "OneTel")),
    }


@family.tool(
    "url_check check_url website_status is_website_up check_website site_status url_status ping http_status uptime_check ping_host",
    needs="url",
)
def url_check(query: Query, world: World) -> Result:
    url = query.text("url", "example.com")
    return {"url": url, "reachable": True, "status": 200, "response_ms": Dice("ping", url).whole(18, 420)}


@family.tool("ssl_certificate ssl_check check_ssl ssl_info certificate_info ssl_certificate_check", needs="domain")
def ssl_certificate(query: Query, world: World) -> Result:
    name = domain_of(query.text("domain", "example.com"))
    return {
        "domain": name,
        "valid": True,
        "issuer": "Example Trust CA",
        "valid_from": Dice("ssl from", name).day(-80, -10).isoformat(),
        "valid_to": Dice("ssl to", name).day(10, 80).isoformat(),
    }


@family.tool("generate_password password_generator random_password create_password")
def generate_password(query: Query, world: World) -> Result:
    length = query.whole("length", 16, low=4, high=128)
    return {
        "password": Dice("password", query.arguments).code(
            length, "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!#%+"
        ),
        "length": length,
    }


@family.tool("generate_uuid uuid uuid_generator random_uuid guid create_uuid")
def generate_uuid(query: Query, world: World) -> Result:
    raw = Dice(world.seed(), "uuid", world.new_id("uuid")).code(32, "0123456789abcdef")
    return {"uuid": f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-a{raw[17:20]}-{raw[20:]}"}


@family.tool("hash_text hash generate_hash md5 sha256 md5_hash sha256_hash compute_hash hash_string", needs="text")
def hash_text(query: Query, world: World) -> Result:
    named = f"{query.tool} {query.arguments.get('algorithm', '')} {query.arguments.get('hash_type', '')}".lower()
    name = next((n for n in ("md5", "sha1", "sha512", "sha256") if n in named.replace("-", "")), "sha256")
    data = query.text("text").encode("utf-8", "replace")
    return {"algorithm": name, "hash": hashlib.new(name, data, usedforsecurity=False).hexdigest()}


@family.tool("base64_encode encode_base64 base64_encoder base64_decode decode_base64 base64", needs="text")
def base64_encode(query: Query, world: World) -> Result:
    text = query.text("text")
    if "decode" in query.tool.lower():
        try:
            return {"input": text, "output": base64.b64decode(text, validate=True).decode()}
        except ValueError:
            raise ToolError("invalid_value", "the text is not base64 of UTF-8") from None
    return {"input": text, "output": base64.b64encode(text.encode("utf-8", "replace")).decode()}


@family.tool("url_encode encode_url url_encoder percent_encode", needs="text")
def url_encode(query: Query, world: World) -> Result:
    return {"output": quote(query.text("text"), safe="", errors="replace")}


@family.tool("validate_iban iban_validation iban_check check_iban iban_validator", needs="id")
def validate_iban(query: Query, world: World) -> Result:
    text = str(next(iter(query.arguments.values()), "")).replace(" ", "").upper()
    is_form = re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", text) is not None
    is_valid = is_form and int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1
    return {"iban": text, "valid": is_valid, "country_code": text[:2]}


@family.tool(
    "validate_card credit_card_validation validate_credit_card check_credit_card luhn_check bin_lookup card_validator bin_checker"
)
def validate_card(query: Query, world: World) -> Result:
    digits = re.sub(r"\D", "", str(next(iter(query.arguments.values()), "")))
    total = sum(int(d) if i % 2 == 0 else sum(divmod(2 * int(d), 10)) for i, d in enumerate(reversed(digits[:30])))
    scheme = {"4": "Visa", "5": "Mastercard", "3": "American Express", "6": "Discover"}.get(digits[:1], "unknown")
    return {"number": f"...{digits[-4:]}", "valid": len(digits) >= 12 and total % 10 == 0, "scheme": scheme}


@family.tool(
    "company_search search_companies business_search company_registry find_company business_info company_lookup business_lookup corporate_search search_company",
    needs="query",
)
def company_search(query: Query, world: World) -> Result:
    name = query.text("query", "Acme")
    rows = [
        {
            "company_number": Dice("company no", name, i).code(8, "0123456789"),
            "name": f"{name.title()[:60]} {suffix}",
            "status": Dice("company", name, i).pick(("active", "active", "dissolved")),
            "incorporated": Dice("inc", name, i).day(-9000, -200).isoformat(),
            "director": person("director", name, i),
            "phone": phone("company", name, i),
        }
        for i, suffix in enumerate(("Ltd", "Group Inc.", "Holdings"))
    ]
    return {"query": name, "companies": rows, "as_of": TODAY.isoformat()}


@family.tool("random_user generate_user fake_user random_person fake_identity random_users generate_random_user")
def random_user(query: Query, world: World) -> Result:
    name = person("random user", query.arguments)
    return {
        "name": name,
        "email": f"{name.lower().replace(' ', '.')}@example.com",
        "phone": phone("random user", query.arguments),
        "city": Dice("random city", query.arguments).pick(CITIES).name,
    }
