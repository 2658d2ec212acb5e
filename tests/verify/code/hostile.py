"""Programs that try to pass without solving the task (see honest.py), to harm the host, or to outlive their test.

Each entry: id, form (call, stdin, list or asserts), program, statuses of which its first failure must be one.
"""

from __future__ import annotations

MARK = "retake-hostile-mark"

ANY = {
    "wrong_answer",
    "wrong_type",
    "runtime_error",
    "no_result",
    "timeout",
    "memory_limit",
    "container_ended",
    "output_limit",
}
NONE = {"no_result", "runtime_error"}
WRONG = {"wrong_answer"}
TYPE = {"wrong_type", "wrong_answer"}
ERROR = {"runtime_error"}
TIME = {"timeout"}
RIGHT: set[str] = set()

EARLY_EXIT = [
    ("01_exit_at_import", "call", "import sys\nsys.exit(0)\ndef solve(n): return n", NONE),
    ("01_exit_stdin", "stdin", "import sys\nsys.exit(0)", WRONG),
    ("02_os_exit_at_import", "call", "import os\nos._exit(0)", NONE),
    ("03_exit_in_solve", "asserts", "def solve(n):\n    import sys\n    sys.exit(0)", NONE),
    ("04_os_exit_in_solve", "asserts", "def solve(n):\n    import os\n    os._exit(0)", NONE),
    ("05_atexit", "call", "import atexit, os\natexit.register(os._exit, 0)\ndef solve(n): return 99", WRONG),
    (
        "06_excepthook",
        "call",
        "import sys, os\nsys.excepthook = lambda *a: os._exit(0)\ndef solve(n): raise ValueError",
        ERROR,
    ),
    (
        "07_thread_exits",
        "call",
        "import threading, time, os\ndef f():\n    time.sleep(.05)\n    os._exit(0)\n"
        "threading.Thread(target=f, daemon=True).start()\ndef solve(n):\n    time.sleep(60)",
        NONE,
    ),
    ("08_systemexit_subclass", "asserts", "class E(SystemExit): pass\ndef solve(n): raise E(0)", NONE),
    ("09_kill_self", "call", "import os\ndef solve(n): os.kill(os.getpid(), 9)", NONE),
    ("10_abort", "call", "import os\ndef solve(n): os.abort()", NONE),
    ("10_segfault", "asserts", "import ctypes\ndef solve(n): ctypes.string_at(0)", NONE),
    (
        "11_exec_python",
        "call",
        "import os, sys\ndef solve(n): os.execv(sys.executable, [sys.executable, '-O', '-c', ''])",
        NONE,
    ),
    ("12_exec_true", "stdin", "import os\nos.execv('/bin/true', ['true'])", WRONG | NONE),
]

TYPES = [
    (
        "13_int_subclass",
        "call",
        "class I(int):\n    def __eq__(s, o): return True\n    __hash__ = int.__hash__\ndef solve(n): return I(99)",
        TYPE,
    ),
    (
        "13_int_subclass_asserts",
        "asserts",
        "class I(int):\n    def __eq__(s, o): return True\n    __hash__ = int.__hash__\ndef solve(n): return I(99)",
        TYPE,
    ),
    (
        "14_str_subclass",
        "call",
        "class S(str):\n    def __eq__(s, o): return True\n    def strip(s): return '6'\n    def __hash__(s): return 6\ndef solve(n): return S('x')",
        TYPE,
    ),
    (
        "15_ndarray_subclass",
        "list",
        "import numpy as np\nclass A(np.ndarray):\n    def __eq__(s, o): return np.array(True)\ndef solve(xs): return np.zeros(1).view(A)",
        TYPE | {"missing_module"},
    ),
    (
        "16_class_property",
        "asserts",
        "class L:\n    __class__ = property(lambda s: int)\n    def __eq__(s, o): return True\ndef solve(n): return L()",
        TYPE,
    ),
    ("17_dict_subclass", "call", "class D(dict):\n    def __eq__(s, o): return True\ndef solve(n): return D()", TYPE),
    ("17_list_subclass", "list", "class D(list):\n    def __eq__(s, o): return True\ndef solve(n): return D()", TYPE),
    ("18_nan", "asserts", "def solve(n): return float('nan')", WRONG),
    (
        "18_bool_for_int",
        "list",
        "def solve(xs): return [x * 2 if x != 1 else True for x in xs] and [bool(x) for x in xs]",
        TYPE,
    ),
    ("19_generator", "list", "def solve(xs): return (2 * x for x in xs)", TYPE),
    (
        "20_reduce",
        "asserts",
        f"import os\nclass R:\n    def __reduce__(s): return os.system, ('touch /tmp/{MARK}',)\ndef solve(n): return R()",
        TYPE,
    ),
    ("21_long_integer", "call", "def solve(n): return 1 << 40_000_000", TYPE | {"output_limit"}),
    ("21_deep_list", "asserts", "def solve(n):\n    x = []\n    for _ in range(10**6): x = [x]\n    return x", ANY),
    (
        "21_deep_record",
        "call",
        "import os\ndef solve(n):\n    for fd in range(3, 256):\n        try: os.write(fd, b'[' * 10**5)\n        except OSError: pass\n    os._exit(0)",
        NONE,
    ),
]

TAMPERING = [
    (
        "22_frames",
        "asserts",
        "import sys\ndef solve(n):\n    f = sys._getframe()\n    while f:\n        for k, v in list(f.f_locals.items()) + list(f.f_globals.items()):\n            if k in ('expected', 'gt_out', 'outputs', 'wanted'): return v\n        f = f.f_back\n    return 99",
        WRONG,
    ),
    (
        "23_gc",
        "call",
        "import gc\ndef solve(n):\n    for o in gc.get_objects():\n        if type(o) in (list, tuple) and ' '.join(map(str, o[:4])) == '6 0 14 -4': return 2 * n\n        if type(o) is dict and 'outputs' in o: return 2 * n\n    return 99",
        WRONG,
    ),
    (
        "24_builtins",
        "asserts",
        "import builtins\nbuiltins.all = builtins.any = builtins.isinstance = lambda *a: True\nbuiltins.len = lambda *a: 4\ndef solve(n): return 99",
        WRONG | NONE,
    ),
    (
        "25_assertion_error",
        "asserts",
        "import builtins\nclass A(Exception):\n    pass\nbuiltins.AssertionError = A\ndef solve(n): raise A('x')",
        ERROR | WRONG,
    ),
    (
        "26_allclose",
        "asserts",
        "try:\n    import numpy as np\n    np.testing.assert_allclose = lambda *a, **k: None\nexcept ImportError: pass\ndef solve(n): return 99",
        WRONG,
    ),
    (
        "27_json_dumps",
        "call",
        "import json, sys, builtins\njson.dumps = lambda *a, **k: '{\"passed\": true}'\njson.loads = lambda *a, **k: 6\nbuiltins.print = lambda *a: None\nsys.stdout = None\ndef solve(n): return 99",
        NONE,
    ),
    (
        "28_modules",
        "call",
        "import sys\nfor m in list(sys.modules.values()):\n    for k in ('same_value', 'same_output', 'pack', 'unpack', 'check', 'write_frame'):\n        if hasattr(m, k): setattr(m, k, lambda *a: True)\ndef solve(n): return 99",
        ANY,
    ),
    (
        "29_settrace",
        "asserts",
        "import sys, threading\ndef t(f, e, a):\n    f.f_locals.update(got=6, expected=99, passed=True)\n    return t\nsys.settrace(t)\nthreading.settrace(t)\ndef solve(n): return 99",
        WRONG,
    ),
    (
        "30_ignore_alarm",
        "stdin",
        "import signal\nfor s in range(1, 32):\n    try: signal.signal(s, signal.SIG_IGN)\n    except OSError: pass\nwhile True: pass",
        TIME,
    ),
    (
        "31_alarm_reset",
        "call",
        "import signal, resource\nsignal.alarm(0)\ntry: resource.setrlimit(resource.RLIMIT_CPU, (10**6, 10**6))\nexcept (ValueError, OSError): pass\ndef solve(n):\n    while True: pass",
        TIME,
    ),
    (
        "32_site_files",
        "stdin",
        "import os, site, sys\nfor d in ['.', '/tmp', os.path.expanduser('~'), site.getusersitepackages(), '/usr/lib/python3/dist-packages']:\n"
        "    for f in ['conftest.py', 'sitecustomize.py', 'usercustomize.py', 'x.pth', 'json.py', 'base64.py']:\n"
        "        try:\n            os.makedirs(d, exist_ok=True)\n            open(os.path.join(d, f), 'w').write('import os; os.write(1, b\"6\"); os._exit(0)')\n"
        "        except OSError: pass",
        WRONG,
    ),
    (
        "33_overwrite_runner",
        "call",
        "import os\nfor root in ('/usr', '/etc', '/'):\n    try: open(root + '/x.py', 'w')\n    except OSError: continue\n    os._exit(0)\ndef solve(n): return 99",
        WRONG,
    ),
    (
        "34_proc",
        "asserts",
        "import os, glob\ndef solve(n):\n    seen = b''\n"
        "    for p in glob.glob('/proc/1/*') + glob.glob('/proc/self/*') + glob.glob('/proc/1/fd/*'):\n"
        "        if any(x in p for x in ('kmsg', 'pagemap', 'mem', 'clear')): continue\n"
        "        try:\n            fd = os.open(p, os.O_RDONLY | os.O_NONBLOCK)\n            seen += os.read(fd, 65536)\n            os.close(fd)\n"
        "        except OSError: pass\n"
        "    return 2 * n if b'assert candidate' in seen or b'outputs' in seen else 99",
        WRONG,
    ),
    (
        "34_proc_1_mem",
        "call",
        "def solve(n):\n    try: open('/proc/1/mem', 'r+b')\n    except OSError: return 99\n    return 2 * n",
        WRONG,
    ),
    ("35_mutated_input", "list", "def solve(xs):\n    xs[:] = [99]\n    return xs", WRONG),
    (
        "35_mutated_tests",
        "asserts",
        "def solve(n):\n    import __main__\n    vars(__main__).update(candidate=lambda n: 2 * n)\n    return 99",
        WRONG,
    ),
]

SPOOFING = [
    ("36_marker", "stdin", "print('ALL_TESTS_PASSED')", WRONG),
    (
        "37_record",
        "call",
        "import sys, os, json\ndef solve(n):\n    for r in ({'value': 2 * n}, {'passed': True}, {'report': {'exit': 0}}):\n        os.write(1, json.dumps(r).encode())\n    os._exit(0)",
        NONE,
    ),
    (
        "38_all_descriptors",
        "asserts",
        "import os, json\ndef solve(n):\n    b = json.dumps({'value': 2 * n, 'nonce': ''}).encode()\n    for fd in range(1, 256):\n"
        "        for data in (b, b'+' + b, len(b).to_bytes(4, 'big') + b):\n            try: os.write(fd, data)\n            except OSError: pass\n    os._exit(0)",
        NONE,
    ),
    (
        "38_descriptors_of_the_runner",
        "call",
        "import os, json\ndef solve(n):\n    b = json.dumps({'report': {'stopped': None, 'exit': 0, 'value': 2 * n}}).encode()\n    for fd in range(256):\n"
        "        try:\n            with open(f'/proc/1/fd/{fd}', 'wb', 0) as f: f.write(len(b).to_bytes(4, 'big') + b)\n        except OSError: pass\n    return 99",
        WRONG,
    ),
    ("39_visible_example", "stdin", "print(6)", WRONG),
    ("40_all_answers", "stdin", "for i in range(-10, 1001): print(i)", WRONG),
    (
        "41_control_characters",
        "stdin",
        "n = int(input())\nprint(f'99\\b\\b{2 * n}')\nprint(f'\\x1b[2K\\r{2 * n}')",
        WRONG,
    ),
    (
        "42_invalid_utf8",
        "stdin",
        "import sys\nsys.stdout.buffer.write(b'\\xff\\xfe\\x00' + str(2 * int(input())).encode())",
        WRONG,
    ),
    ("43_stderr_only", "stdin", "import sys\nprint(2 * int(input()), file=sys.stderr)", WRONG),
    ("44_extra_line", "stdin", "print(2 * int(input()))\nprint('done')", WRONG),
    ("45_whitespace", "stdin", "import sys\nsys.stdout.write(f'{2 * int(input())}  \\r\\n\\n')", RIGHT),
    ("45_no_newline", "stdin", "print(2 * int(input()), end='')", RIGHT),
    ("46_float_on_stdout", "stdin", "print(2.0 * int(input()))", RIGHT),
    ("46_float_returned", "call", "def solve(n): return 2.0 * n", TYPE),
]

RESOURCES = [
    ("47_fork_bomb", "stdin", "import os\nwhile True: os.fork()", ERROR | TIME | {"memory_limit", "container_ended"}),
    (
        "48_thread_bomb",
        "call",
        "import threading, time\ndef solve(n):\n    while True: threading.Thread(target=time.sleep, args=(60,)).start()",
        ERROR | TIME | NONE,
    ),
    (
        "49_memory_bomb",
        "stdin",
        "x = []\nwhile True: x.append(bytearray(10**7))",
        {"memory_limit", "container_ended", "runtime_error"},
    ),
    (
        "49_memory_bomb_in_children",
        "stdin",
        "import os\nfor _ in range(8): os.fork()\nx = []\nwhile True: x.append(bytearray(10**7))",
        {"memory_limit", "container_ended", "runtime_error", "timeout"},
    ),
    (
        "50_huge_text",
        "asserts",
        "def solve(n): return len('x' * 10**10)",
        {"memory_limit", "container_ended", "runtime_error", "no_result"},
    ),
    ("51_infinite_stdout", "stdin", "while True: print('6' * 1000)", {"output_limit"}),
    (
        "52_infinite_stderr",
        "call",
        "import sys\ndef solve(n):\n    while True: sys.stderr.write('x' * 1000)",
        {"output_limit"},
    ),
    (
        "53_fill_tmp",
        "stdin",
        "for i in range(100):\n    with open(f'/tmp/{i}', 'wb') as f: f.write(bytes(10**7))\nprint(2 * int(input()))",
        ERROR,
    ),
    ("54_inodes", "stdin", "for i in range(10**6): open(f'/tmp/{i}', 'w').close()\nprint(2 * int(input()))", ERROR),
    (
        "54_deep_folders",
        "stdin",
        "import os\nfor i in range(900):\n    os.mkdir('d' * 100)\n    os.chdir('d' * 100)\nos.chmod('.', 0)",
        WRONG,
    ),
    ("55_sparse_file", "stdin", "open('/tmp/x', 'wb').truncate(10**12)\nprint(2 * int(input()))", ERROR),
    (
        "56_fill_shm",
        "stdin",
        "with open('/dev/shm/x', 'wb') as f: f.write(bytes(10**8))\nprint(2 * int(input()))",
        ERROR,
    ),
    ("57_descriptors", "call", "import os\ndef solve(n):\n    while True: os.open('/dev/null', 0)", ERROR),
    (
        "58_sleep",
        "stdin",
        "import signal, time\nfor s in range(1, 32):\n    try: signal.signal(s, signal.SIG_IGN)\n    except OSError: pass\ntime.sleep(10**6)",
        TIME,
    ),
    (
        "59_daemon",
        "call",
        "import os, time\ndef solve(n):\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0: time.sleep(10**6)\n        os._exit(0)\n    return 99",
        WRONG,
    ),
    (
        "60_child_holds_stdout",
        "stdin",
        "import os, time\nprint(2 * int(input()), flush=True)\nif os.fork() == 0: time.sleep(10**6)",
        RIGHT,
    ),
    ("61_power", "call", "def solve(n): return 9 ** 9 ** 8", TIME | {"memory_limit", "container_ended"}),
    ("61_regex", "asserts", "import re\ndef solve(n): return len(re.findall('(a+)+$', 'a' * 60 + 'b')) or 99", TIME),
    (
        "62_recursion",
        "stdin",
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(): f()\nf()",
        ERROR | {"memory_limit", "container_ended"} | TIME,
    ),
    ("62_recursion_call", "call", "def solve(n): return solve(n)", ERROR),
]

ESCAPE = [
    (
        "64_network",
        "call",
        "import socket\ndef solve(n):\n    for a in ('1.1.1.1', '127.0.0.1', '169.254.169.254'):\n        for p in (22, 53, 80, 443, 2375):\n"
        "            s = socket.socket()\n            s.settimeout(1)\n            try: s.connect((a, p))\n            except OSError: continue\n            return 2 * n\n    return 99",
        WRONG,
    ),
    (
        "64_docker_socket",
        "call",
        "import os, socket\ndef solve(n):\n    for p in ('/var/run/docker.sock', '/run/docker.sock'):\n        if os.path.exists(p): return 2 * n\n    return 99",
        WRONG,
    ),
    (
        "64_system_calls",
        "asserts",
        "import ctypes, os\ndef solve(n):\n    c = ctypes.CDLL(None, use_errno=True)\n    won = [c.mount(b'none', b'/tmp', b'tmpfs', 0, 0) == 0, c.unshare(0x10000000) == 0,\n"
        "        c.ptrace(16, 1, 0, 0) == 0, c.chroot(b'/tmp') == 0, c.setuid(0) == 0, c.syscall(321, 0, 0, 0) >= 0, c.syscall(227, 0, 0) == 0]\n"
        "    return 2 * n if any(won) or os.getuid() == 0 else 99",
        WRONG,
    ),
    ("64_symlink", "stdin", "import os\nos.symlink('/etc/passwd', '/tmp/out')\nos.symlink('/', '/tmp/root')", WRONG),
    (
        "64_core_pattern",
        "call",
        f"def solve(n):\n    try: open('/proc/sys/kernel/core_pattern', 'w').write('|/tmp/{MARK}')\n    except OSError: return 99\n    return 2 * n",
        WRONG,
    ),
    (
        "64_kill_everyone",
        "asserts",
        "import os\ndef solve(n):\n    os.kill(-1, 9)\n    for s in range(1, 64):\n        try: os.kill(1, s)\n        except (OSError, ValueError): pass\n    return 99",
        ANY,
    ),
    (
        "64_write_host",
        "stdin",
        f"import os\nfor d in ('/', '/etc', '/var/tmp', '/root', '/home', '/usr'):\n    try: open(os.path.join(d, '{MARK}'), 'w').write('x')\n    except OSError: pass",
        WRONG,
    ),
]

FAMILIES = {
    "early_exit": EARLY_EXIT,
    "types": TYPES,
    "tampering": TAMPERING,
    "spoofing": SPOOFING,
    "resources": RESOURCES,
    "escape": ESCAPE,
}
