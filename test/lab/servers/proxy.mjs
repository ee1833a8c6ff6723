// A forward proxy: CONNECT (RFC 9110 section 9.3.6) and absolute-form requests (RFC 9112 section
// 3.2.2). Argument: its port.
import { createServer, request as httpRequest } from "node:http";
import { connect } from "node:net";

/** What this proxy's own rules refuse, with 403. */
const REFUSED = /(^|\.)(openai\.com|telemetry\.qdrant\.io)$/;

const server = createServer((request, response) => {
  const url = request.url ?? "";
  if (!URL.canParse(url)) {
    response.writeHead(400).end();
    return;
  }
  const target = new URL(url);
  if (REFUSED.test(target.hostname)) {
    response.writeHead(403).end("not from here\n");
    return;
  }
  const onward = httpRequest(target, { method: request.method, headers: request.headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => response.writeHead(502).end());
  request.pipe(onward);
});

server.on("connect", (request, client, head) => {
  const { hostname, port } = new URL(`connect://${request.url}`);
  client.on("error", () => client.destroy());
  if (REFUSED.test(hostname)) {
    client.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
    return;
  }
  const upstream = connect(Number(port), hostname.replace(/^\[|\]$/g, ""), () => {
    client.write("HTTP/1.1 200 Connection established\r\n\r\n");
    upstream.write(head);
    upstream.pipe(client).pipe(upstream);
  });
  upstream.on("error", () => client.end("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n"));
});
server.listen(Number(process.argv[2]), () => process.stdout.write("ready\n"));
