// Servers for the clients of play.sh: a SOCKS proxy, HTTP/2 without TLS, SSH's banner, and dialogues up to STARTTLS.
import { createServer as createHttp2 } from "node:http2";
import { connect, createServer } from "node:net";

const INSIDE = "10.20.9.30";
const OUTSIDE = "198.51.100.7";

/** What a server says to lines of its client until TLS takes over. */
const DIALOGUES = {
  25: ["220 mx ESMTP\r\n", [/^EHLO/, "250-mx\r\n250 STARTTLS\r\n"], [/^STARTTLS/, "220 go\r\n"]],
  143: [
    "* OK ready\r\n",
    [/CAPABILITY/, "* CAPABILITY IMAP4rev1 STARTTLS\r\n. OK done\r\n"],
    [/STARTTLS/, ". OK go\r\n"],
  ],
  110: ["+OK ready\r\n", [/^STLS/, "+OK go\r\n"]],
  21: ["220 ready\r\n", [/^FEAT/, "211-Features\r\n AUTH TLS\r\n211 End\r\n"], [/^AUTH/, "234 go\r\n"]],
  5222: [
    "",
    [
      /<stream:stream/,
      "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>" +
        "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>",
    ],
    [/<starttls/, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"],
  ],
  5432: ["", [/\x04\xd2\x16\x2f/, "S"]],
  389: ["", [/1\.3\.6\.1\.4\.1\.1466\.20037/, "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"]],
  22: ["SSH-2.0-Lab_1.0\r\n"],
};

for (const [port, [greeting, ...answers]] of Object.entries(DIALOGUES)) {
  listen(Number(port), OUTSIDE, (socket) => {
    socket.write(greeting, "latin1");
    socket.on("data", (octets) => {
      const text = octets.toString("latin1");
      const answer = answers.find(([pattern]) => pattern.test(text));
      if (answer !== undefined) socket.write(answer[1], "latin1");
      else if (octets[0] === 0x16) socket.end(); // a ClientHello is all that is wanted
    });
  });
}

const http2 = createHttp2();
http2.on("stream", (stream) => {
  stream.respond({ ":status": 200 });
  stream.end("hello");
});
http2.listen(8080, OUTSIDE);

listen(80, OUTSIDE, (socket) =>
  socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")),
);
// Whatever is asked for is the server above.
listen(1080, INSIDE, (client) => {
  const link = () => {
    const server = connect({ host: OUTSIDE, port: 80, localAddress: INSIDE });
    client.pipe(server).pipe(client);
    server.on("error", () => client.destroy());
  };
  client.once("data", (octets) => {
    if (octets[0] === 4) {
      client.write(Buffer.from([0, 90, 0, 0, 0, 0, 0, 0]));
      link();
      return;
    }
    client.write(Buffer.from([5, 0]));
    client.once("data", () => {
      client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
      link();
    });
  });
});

/** @param {number} port @param {string} address @param {(socket: import("node:net").Socket) => void} serve */
function listen(port, address, serve) {
  createServer((socket) => {
    socket.on("error", () => socket.destroy());
    serve(socket);
  }).listen(port, address);
}
