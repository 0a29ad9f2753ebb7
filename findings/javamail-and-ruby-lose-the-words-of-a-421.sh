#!/usr/bin/env bash
# Version: JavaMail 1.6.5 (libmail-java 1.6.5-2), Transport.send(); Ruby 3.1.2, Net::SMTP.start with a block (both Debian 12).
# Behaviour: a server says "421 4.7.0 Too many messages from your address" and closes, as RFC 5321 has it. Both libraries then
#   want to say QUIT, and raise what they meet there: "Can't send command to SMTP host: Broken pipe", "[EOF]", "end of
#   file reached". That takes the place of the exception with the server's code and words, which was made before.
# Guessed: code and words in every case: both have exceptions for a refusal, which they raise for 550, or for a 421 in
#   the greeting.
# Hurts: large receivers slow senders down with 421. The log of Jenkins, of a shop, or of a Rails job has "Broken pipe" or "end
#   of file", and someone looks for a firewall or a time-out; that he was told to wait stands nowhere. At MAIL and RCPT the
#   words are kept by JavaMail's sendMessage() of a Transport that is closed apart, and by Ruby's start without a block.
# Source: observed; Transport.send0 closes in finally; SMTP#start in net/smtp.rb calls do_finish in ensure; RFC 5321 section 3.8.
# Seen on 30 November 2026 (where the 421 comes; what is raised):
#   greeting: JavaMail kept; Ruby kept
#   EHLO: JavaMail lost, MessagingException: [EOF]; Ruby lost, EOFError: end of file reached
#   MAIL: JavaMail lost, MessagingException: Can't send command to SMTP host; Ruby lost, EOFError: end of file reached
#   RCPT: JavaMail lost, MessagingException: Can't send command to SMTP host; Ruby lost, EOFError: end of file reached
#   550 to RCPT: JavaMail kept; Ruby kept
# Needs Debian 12 (amd64), root, python3, a JDK (11 or later), unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/server.py" >"$work/server.log" 2>&1 &
    sleep 1
    jars=$(printf '%s:' "$root"/usr/share/java/*.jar)
    timeout 60 java -cp "$jars" "$work/Send.java" >"$work/java" 2>>"$work/programs.log"
    timeout 60 chroot "$root" /usr/bin/ruby3.1 /send.rb >"$work/ruby" 2>>"$work/programs.log"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 java javac unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp root etc &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    libmail-java=1.6.5-2 libactivation-java libruby3.1=3.1.2-7+deb12u1 ruby3.1=3.1.2-7+deb12u1 rubygems-integration ruby-rubygems \
    libc6 libcrypt1 libgmp10 libssl3 libyaml-0-2 zlib1g libffi8 libreadline8 libgdbm6 libgdbm-compat4 libdb5.3 libtinfo6 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
echo '127.0.0.1 localhost mail.example.com' >"$root/etc/hosts"
chmod 755 "$root"

cat >"$work/server.py" <<'PYTHON'
"""A mail server that ends the session with 421; its address tells at which command. The last one refuses with 550."""
import socketserver

AT = {"127.0.0.2": "greeting", "127.0.0.3": "EHLO", "127.0.0.4": "MAIL", "127.0.0.5": "RCPT"}
WORDS = "Too many messages from your address, try again later"


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        place = AT.get(self.connection.getsockname()[0])
        if place == "greeting":
            self.say(f"421 4.7.0 {WORDS}")
            return
        self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            verb = line.decode()[:4].upper()
            if verb == place:
                self.say(f"421 4.7.0 {WORDS}")
                return
            self.say(f"550 5.7.1 {WORDS}" if verb == "RCPT" else "250 2.0.0 Ok")
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer(("0.0.0.0", 25), Session).serve_forever()
PYTHON
cat >"$work/Send.java" <<'JAVA'
import java.io.*;
import java.util.*;
import javax.mail.*;
import javax.mail.internet.*;

public class Send {
    public static void main(String[] none) throws Exception {
        for (int last = 2; last <= 6; last++) {
            Properties settings = new Properties();
            settings.put("mail.smtp.host", "127.0.0." + last);
            settings.put("mail.smtp.timeout", "10000");
            MimeMessage message = new MimeMessage(Session.getInstance(settings));
            message.setFrom(new InternetAddress("shop@example.com"));
            message.addRecipient(Message.RecipientType.TO, new InternetAddress("anna@example.net"));
            message.setText("Hello");
            try {
                Transport.send(message);
                System.out.println("sent");
            } catch (MessagingException error) {
                StringWriter whole = new StringWriter();
                error.printStackTrace(new PrintWriter(whole));
                System.out.println(whole.toString().contains("Too many messages") ? "kept"
                    : "lost, " + error.getClass().getSimpleName() + ": " + error.getMessage().split("[;\n]")[0]);
            }
        }
    }
}
JAVA
cat >"$root/send.rb" <<'RUBY'
require 'net/smtp'

(2..6).each do |last|
  Net::SMTP.start("127.0.0.#{last}", 25, 'mail.example.com') do |smtp|
    smtp.send_message("Subject: test\r\n\r\nHello\r\n", 'shop@example.com', 'anna@example.net')
  end
  puts 'sent'
rescue StandardError => error
  puts error.message.include?('Too many messages') ? 'kept' : "lost, #{error.class}: #{error.message}"
end
RUBY

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work"
printf '%s\n' greeting EHLO MAIL RCPT '550 to RCPT' >"$work/places"
[ "$(cat "$work/java" "$work/ruby" | wc -l)" = 10 ] ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/programs.log")"
paste -d ';' "$work/places" "$work/java" "$work/ruby" | sed 's/;/: JavaMail /; s/;/; Ruby /' >"$work/lines"
cat "$work/lines"
grep -qx '550 to RCPT: JavaMail kept; Ruby kept' "$work/lines" ||
    end 4 "nothing measured: the server was not reached as meant; $(tail -n 1 "$work/programs.log")"

if [ "$(grep -cE '^(EHLO|MAIL|RCPT): JavaMail lost, .*; Ruby lost, EOFError' "$work/lines")" = 3 ]; then
    end 0 "as stated: what is met at QUIT takes the place of the words of the 421"
fi
end 1 "CHANGED: the words of a 421 are kept"
