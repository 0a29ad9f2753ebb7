#!/usr/bin/env bash
# Version: Symfony Mailer 5.4.53 and Swift Mailer 6.3.0 (Debian 12), smtplib of the Python at hand; PHPMailer 6.6.3 beside them.
# Behaviour: the server refuses the login with 535. Symfony Mailer, Swift Mailer and smtplib do not stop there: they log in again
#   with the same password by each further mechanism that they know and the server offers, CRAM-MD5, LOGIN and PLAIN. One
#   message makes three failed logins. With 454, a temporary failure at the server, they do the same.
# Guessed: one login for a message, as from PHPMailer, PEAR Mail, nodemailer, Ruby and JavaMail; a second mechanism only where
#   the first one is refused as such (504).
# Hurts: a password that was changed, and two messages: that is more than the five failures after which fail2ban's jails and
#   many directories lock the host or the account out. Then the new password fails as well, and the log of the server
#   looks like an attack from the own web server. Symfony Messenger tries a failed message again, each time three more. Name
#   one mechanism: setAuthenticators() in Symfony, setAuthMode('plain') in Swift Mailer; login by hand in smtplib.
# Source: observed; EsmtpTransport::handleAuth() goes through all authenticators; so does smtplib's login(), which says it in
#   a comment only.
# Seen on 30 November 2026 (AUTH commands for one message):
#   535: symfony CRAM-MD5 LOGIN PLAIN; swift CRAM-MD5 LOGIN PLAIN; smtplib CRAM-MD5 PLAIN LOGIN; phpmailer CRAM-MD5
#   454: symfony CRAM-MD5 LOGIN PLAIN; swift CRAM-MD5 LOGIN PLAIN; smtplib CRAM-MD5 PLAIN LOGIN; phpmailer CRAM-MD5
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/server.py" "$work/logins" >"$work/server.log" 2>&1 &
    sleep 1
    for reply in 535 454; do
        address=127.0.0.2
        [ "$reply" = 535 ] || address=127.0.0.3
        printf '%s:' "$reply"
        for library in symfony swift smtplib phpmailer; do
            : >"$work/logins"
            case $library in
            smtplib) timeout 20 python3 "$work/send.py" "$address" ;;
            *) timeout 20 chroot "$root" /usr/bin/php8.2 -n -d extension=mbstring -d extension=ctype -d date.timezone=UTC /send.php "$library" "$address" ;;
            esac >>"$work/programs.log" 2>&1
            printf ' %s %s;' "$library" "$(tr '\n' ' ' <"$work/logins" | sed 's/ $//')"
        done
        echo
    done >"$work/lines" 2>>"$work/programs.log"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp root etc &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    php-symfony-mailer=5.4.53+dfsg-0+deb12u1 php-swiftmailer=6.3.0-3 libphp-phpmailer=6.6.3-1 php-symfony-mime \
    php-symfony-event-dispatcher php-symfony-event-dispatcher-contracts php-symfony-service-contracts \
    php-symfony-deprecation-contracts php-psr-container php-psr-event-dispatcher php-psr-log php-email-validator \
    php-doctrine-lexer php-doctrine-deprecations php8.2-cli php8.2-common php8.2-mbstring libonig5 tzdata libc6 libssl3 \
    libargon2-1 libpcre2-8-0 libsodium23 libxml2 zlib1g libicu72 liblzma5 libstdc++6 libgcc-s1 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
echo '127.0.0.1 localhost mail.example.com' >"$root/etc/hosts"
chmod 755 "$root"

cat >"$work/server.py" <<'PYTHON'
"""A mail server that refuses every login; what it replies depends on its address. It writes down the mechanisms."""
import socketserver
import sys

REPLY = {"127.0.0.2": "535 5.7.8 Authentication credentials invalid", "127.0.0.3": "454 4.7.0 Temporary authentication failure"}
QUESTIONS = {"CRAM-MD5": ["PDFAbXg+"], "LOGIN": ["VXNlcm5hbWU6", "UGFzc3dvcmQ6"], "PLAIN": [""]}


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mail.example.com ESMTP")
        for line in self.rfile:
            words = line.decode().split()
            verb = words[0].upper()
            if verb == "EHLO":
                self.say("250-mail.example.com\r\n250 AUTH CRAM-MD5 LOGIN PLAIN")
            elif verb == "AUTH":
                with open(sys.argv[1], "a") as file:
                    print(words[1], file=file)
                for question in QUESTIONS[words[1]][len(words) - 2 :]:  # the first answer may stand in the command
                    self.say(f"334 {question}")
                    self.rfile.readline()
                self.say(REPLY[self.connection.getsockname()[0]])
            else:
                self.say({"MAIL": "530 5.7.0 Authentication required", "QUIT": "221 2.0.0 Bye"}.get(verb, "250 2.0.0 Ok"))
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer(("0.0.0.0", 25), Session).serve_forever()
PYTHON
cat >"$work/send.py" <<'PYTHON'
import smtplib
import sys

with smtplib.SMTP(sys.argv[1], 25, "shop.example.com") as client:
    client.login("shop", "old password")
PYTHON
cat >"$root/send.php" <<'PHP'
<?php
error_reporting(E_ALL & ~E_DEPRECATED);
set_include_path('/usr/share/php');
[, $library, $address] = $argv;
if ($library == 'symfony') {
    require 'Symfony/Component/Mailer/autoload.php';
    $transport = Symfony\Component\Mailer\Transport::fromDsn("smtp://shop:old%20password@$address:25");
    $message = (new Symfony\Component\Mime\Email())->from('shop@example.com')->to('anna@example.net')->text('Hello');
    (new Symfony\Component\Mailer\Mailer($transport))->send($message);
} elseif ($library == 'swift') {
    require 'Egulias/EmailValidator/autoload.php';
    require 'Swift/swift_required.php';
    $transport = (new Swift_SmtpTransport($address, 25))->setUsername('shop')->setPassword('old password');
    $message = (new Swift_Message('test'))->setFrom('shop@example.com')->setTo('anna@example.net')->setBody('Hello');
    (new Swift_Mailer($transport))->send($message);
} else {
    require 'libphp-phpmailer/autoload.php';
    $mailer = new PHPMailer\PHPMailer\PHPMailer(true);
    $mailer->isSMTP();
    [$mailer->Host, $mailer->SMTPAuth, $mailer->Username, $mailer->Password] = [$address, true, 'shop', 'old password'];
    $mailer->setFrom('shop@example.com');
    $mailer->addAddress('anna@example.net');
    $mailer->Body = 'Hello';
    $mailer->send();
}
PHP

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work"
[ -s "$work/lines" ] || end 4 "nothing measured: no namespaces here, or the programs did not start"
sed 's/;$//' "$work/lines"
[ "$(grep -cE ' phpmailer [A-Z0-9-]+;$' "$work/lines")" = 2 ] ||
    end 4 "nothing measured: there was no login; $(tail -n 1 "$work/programs.log")"

three='([A-Z0-9-]+ ){2}[A-Z0-9-]+;'
if [ "$(grep -cE "^(535|454): symfony $three swift $three smtplib $three" "$work/lines")" = 2 ]; then
    end 0 "as stated: one wrong password is three failed logins"
fi
end 1 "CHANGED: a refused login is not tried again by another mechanism"
