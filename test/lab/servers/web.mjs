// Web servers for every part that the lab needs: a model server, a registry, an identity provider,
// and the whole outside. Answers any method on any path for any host.
// Arguments: PROTOCOL=PORT..., as in http=80 https=443.
import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";

const NO_COMMIT = "0".repeat(40);
const servers = process.argv.slice(2).map(listen);
await Promise.all(servers);
process.stdout.write("ready\n");

/** @param {string} endpoint */
function listen(endpoint) {
  const [protocol, port] = endpoint.split("=");
  const server = protocol === "https" ? createHttpsServer(certificate(), respond) : createHttpServer(respond);
  server.on("clientError", (_error, socket) => socket.destroy());
  return new Promise((resolve) => server.listen(Number(port), () => resolve(server)));
}

function certificate() {
  return {
    cert: readFileSync(`${process.env["LAB_CERTIFICATE"]}`),
    key: readFileSync(`${process.env["LAB_KEY"]}`),
  };
}

/** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
function respond(request, response) {
  request.resume();
  request.on("end", () => {
    const { status = 200, type, body } = contentFor(request.headers.host ?? "", request.url ?? "/");
    response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
    response.end(body);
  });
}

/** @param {string} host @param {string} url */
function contentFor(host, url) {
  if (url.includes("/dists/"))
    return { status: 404, type: "text/plain", body: "an archive without suites\n" };
  if (url.includes("/info/refs")) {
    // A repository without commits, in git's smart protocol.
    const refs = `${packetLine("# service=git-upload-pack\n")}0000${packetLine(`${NO_COMMIT} capabilities^{}\0agent=lab\n`)}0000`;
    return { type: "application/x-git-upload-pack-advertisement", body: refs };
  }
  if (host === "registry.npmjs.org") {
    const name = decodeURIComponent(url.slice(1));
    const body = {
      name,
      "dist-tags": { latest: "1.0.0" },
      versions: { "1.0.0": { name, version: "1.0.0" } },
    };
    return { type: "application/json", body: JSON.stringify(body) };
  }
  return { type: "application/json", body: `${JSON.stringify({ host, url, ok: true })}\n` };
}

/** @param {string} text */
function packetLine(text) {
  return (text.length + 4).toString(16).padStart(4, "0") + text;
}
