import type { HttpRequest, HttpResponse } from "../names/http-head.ts";

/** `http` of a request. */
export function httpObject(request: HttpRequest): object {
  return {
    hostname: request.host === "" ? undefined : request.host,
    http_port: request.port === 0 ? undefined : request.port,
    url: request.target,
    http_method: request.method,
    protocol: request.protocol,
  };
}

/** Hosts that the head names beside the one that counts, undefined when there are none. */
export function httpDetail(request: HttpRequest): object | undefined {
  if (request.otherHosts.length === 0) return undefined;
  return { other_hosts: request.otherHosts.map((other) => other.host) };
}

/**
 * `http` of a response. Host, URL and method are in the request's own record, so that nothing that counts
 * requests counts them twice.
 */
export function httpAnswerObject(response: HttpResponse): object {
  return { protocol: response.protocol, status: response.status };
}

/** The request that a response answers, undefined where none was seen. */
export function httpAnswerDetail(request: HttpRequest | null): object | undefined {
  if (request === null) return undefined;
  return { answers: { http_method: request.method, hostname: request.host, url: request.target } };
}
