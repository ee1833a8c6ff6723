import { createServer, type Server } from "node:http";
import { isIP } from "node:net";
import { InvalidArgumentError } from "commander";

/** Where `--metrics` listens. */
export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
}

/** Whoever connects and says nothing must not keep others out for long. */
const MOST_CONNECTIONS = 32;
const REQUEST_MS = 5000;
const EXPECTED = "expected ADDRESS:PORT, such as 127.0.0.1:9477 or [::1]:9477";

/** Reads `ADDRESS:PORT`; names are refused, since nothing is ever resolved. */
export function metricsAddress(text: string): MetricsAddress {
  const colon = text.lastIndexOf(":");
  const host = text.slice(0, Math.max(0, colon)).replace(/^\[(.*)\]$/, "$1");
  const port = Number(text.slice(colon + 1));
  if (isIP(host) === 0 || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new InvalidArgumentError(EXPECTED);
  }
  return { host, port };
}

/** Serves `text()` at /metrics. `failed` is told when the port cannot be had. */
export function serveMetrics(
  { host, port }: MetricsAddress,
  text: () => string,
  failed: (message: string) => void,
): Server {
  const server = createServer((request, response) => {
    const found = request.method === "GET" && request.url?.split("?")[0] === "/metrics";
    response.writeHead(found ? 200 : 404, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
    response.end(found ? text() : "only GET /metrics is here\n");
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.requestTimeout = REQUEST_MS;
  server.headersTimeout = REQUEST_MS;
  server.on("error", (error) => failed(`cannot serve metrics on ${host}:${port}: ${error.message}`));
  return server.listen(port, host);
}
