#!/usr/bin/env bash
# Version: PHPMailer 6.6.3 (libphp-phpmailer 6.6.3-1) with PHP 8.2.36-1~deb12u1, both Debian 12, its defaults; what the
#   application gets: the exception's text.
# Behaviour: a server that says 554 to the connection (your address is blocked) or 421 (too many connections), one that
#   hangs up, and a port where nobody listens are all "SMTP Error: Could not connect to SMTP host." A 421 to the
#   second of two recipients is "data not accepted". 550 and 450 to one recipient of two have the server's words
#   without the code; the message has then been sent to the other one, and the exception does not tell.
# Guessed: the server's reply with its code in each case, and no message sent when send() fails.
# Hurts: whose host is on a blocklist reads "Could not connect", opens ports and asks the hoster about a firewall. A
#   program that tries again after a failure sends the same message again to those who have it, once for each
#   attempt; and whether it was a greylisting or an unknown user (450, 550) cannot be told by a code. Ask the server
#   by hand.
# Source: observed.
# Seen on 30 November 2026 (the server; PHPMailer):
#   554 5.7.1 Your address ... is blocked  SMTP Error: Could not connect to SMTP host.
#   421 4.7.0 Too many connections ...     SMTP Error: Could not connect to SMTP host.
#   hangs up                               SMTP Error: Could not connect to SMTP host.
#   250 and 421 to RCPT                    SMTP Error: data not accepted.
#   250 and 550 5.1.1 to RCPT              SMTP Error: The following recipients failed: gone@...: No such user here
#     (the server has taken the message for fine@example.net)
#   250 and 450 4.2.1 to RCPT              SMTP Error: The following recipients failed: later@...: Try again later
#     (the server has taken the message for fine@example.net)
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/server.py" >"$work/taken" 2>"$work/server.log" &
    sleep 1
    chroot "$root" /usr/bin/php8.2 -n -d extension_dir=/usr/lib/php/20220829 -d extension=ctype \
        -d display_errors=stderr /send.php >"$work/lines" 2>"$work/php.log"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc && ln -s usr/bin usr/sbin usr/lib usr/lib64 .) ||
    end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download libphp-phpmailer=6.6.3-1 php8.2-cli=8.2.36-1~deb12u1 \
    php8.2-common=8.2.36-1~deb12u1 tzdata libargon2-1 libc6 libgcc-s1 \
    libicu72 liblzma5 libpcre2-8-0 libsodium23 libssl3 libstdc++6 \
    libxml2 zlib1g libedit2 libbsd0 libmd0 libtinfo6 libmagic1 libsystemd0 libcap2 libgcrypt20 libgpg-error0 liblz4-1 \
    libzstd1 libapparmor1 >"$work/apt.log" 2>&1) ||
    end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
echo '127.0.0.1 localhost shop.example.com' >"$root/etc/hosts"
chmod 755 "$root"

cat >"$work/server.py" <<'PYTHON'
"""Four SMTP servers: one that serves, one that refuses the client, one that puts it off, and one that hangs up."""
import socketserver
import threading

BUSY = "421 4.7.0 Too many connections, try again later"
GREETINGS = {
    "127.0.0.2": "220 mx.example.net ESMTP",
    "127.0.0.3": "554 5.7.1 Your address 192.0.2.7 is blocked",
    "127.0.0.4": BUSY,
    "127.0.0.5": "",
}
REPLIES = {"<gone@": "550 5.1.1 No such user here", "<later@": "450 4.2.1 Try again later", "<busy@": BUSY}


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        greeting = GREETINGS[self.server.server_address[0]]
        if greeting:
            self.say(greeting)
        if greeting in ("", BUSY):
            return
        recipients = []
        for line in self.rfile:
            line = line.decode().strip()
            verb = line[:4].upper()
            reply = "250 2.0.0 Ok" if greeting.startswith("220") else "503 5.5.1 Not after 554"
            if verb == "RCPT":
                reply = next((text for start, text in REPLIES.items() if start in line), reply)
                recipients += [line[8:]] if reply.startswith("250") else [f"({line[8:]} {reply[:3]})"]
            elif verb == "DATA":
                self.say("354 Go ahead")
                for text in iter(self.rfile.readline, b".\r\n"):
                    pass
                print("taken for", *recipients, flush=True)
            self.say(reply)
            if verb == "QUIT" or reply == BUSY:
                return


for address in GREETINGS:
    threading.Thread(target=socketserver.ThreadingTCPServer((address, 25), Session).serve_forever).start()
PYTHON
cat >"$root/send.php" <<'PHP'
<?php
require '/usr/share/php/libphp-phpmailer/autoload.php';

function send($name, $host, $others) {
    $mail = new PHPMailer\PHPMailer\PHPMailer(true);
    $mail->isSMTP();
    $mail->Host = $host;
    $mail->Timeout = 10;
    $mail->setFrom('shop@example.com');
    $mail->addAddress('fine@example.net');
    foreach ($others as $other) $mail->addAddress($other);
    $mail->Subject = 'test';
    $mail->Body = 'Hello';
    try {
        $mail->send();
        $said = 'sent';
    } catch (PHPMailer\PHPMailer\Exception $error) {
        $said = trim($error->getMessage());
    }
    echo "$name: $said\n";
}

send('fine', '127.0.0.2', []);
send('nobody listens', '127.0.0.9', []);
send('554 in the greeting', '127.0.0.3', []);
send('421 in the greeting', '127.0.0.4', []);
send('hangs up', '127.0.0.5', []);
send('421 to RCPT', '127.0.0.2', ['busy@example.net']);
send('550 to RCPT', '127.0.0.2', ['gone@example.net']);
send('450 to RCPT', '127.0.0.2', ['later@example.net']);
PHP

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or PHP did not run; $(tail -n 1 "$work/php.log")"
cat "$work/lines" "$work/taken"
grep -qx 'fine: sent' "$work/lines" && [ "$(wc -l <"$work/lines")" = 8 ] ||
    end 4 "nothing measured: PHPMailer did not send as meant; $(tail -n 1 "$work/php.log")"

lost='SMTP Error: Could not connect to SMTP host.'
for name in 'nobody listens' '554 in the greeting' '421 in the greeting' 'hangs up'; do
    grep -qxF "$name: $lost" "$work/lines" || end 1 "CHANGED: \"$name\" has a text of its own"
done
grep -qx '421 to RCPT: SMTP Error: data not accepted.' "$work/lines" || end 1 "CHANGED: 421 to RCPT has another text"
for code in 550 450; do
    grep -q "^$code to RCPT: SMTP Error: The following recipients failed: " "$work/lines" &&
        ! grep "^$code to RCPT: " "$work/lines" | cut -d: -f2- | grep -q "$code" &&
        grep -q "^taken for <fine@example.net> (<[a-z]*@example.net> $code)" "$work/taken" ||
        end 1 "CHANGED: $code to one recipient shows its code, or the message is not sent to the other one"
done
end 0 "as stated: a refusal is \"could not connect\", and what failed has been sent to the other recipient"
