import { CURL } from "./scenario.mjs";

const APT = ["sh", "/run/kit/clients/apt-update.sh"];

/** @type {import("./scenario.mjs").Scenario} */
export const packages = {
  about:
    "Package and code clients as they are: apt, npm, git, wget, curl, Python, against mirrors inside and public registries outside.",
  exceptions: [],
  steps: [
    {
      host: "gpu-01",
      run: [...APT, "http://deb.debian.org/debian", "bookworm"],
      why: "fine: apt, at a mirror inside",
      expects: [],
    },
    {
      host: "gpu-01",
      run: [...APT, "http://security.debian.org/debian-security", "bookworm-security"],
      why: "apt, at the public archive; it asks for the service record first",
      expects: [
        ["dns.name", "gpu-01", "_http._tcp.security.debian.org", "53/udp", "named"],
        ["dns.name", "gpu-01", "security.debian.org", "53/udp", "answered"],
        ["egress.flow", "gpu-01", "security.debian.org", "80/tcp", "transferred"],
      ],
    },
    {
      host: "agent-01",
      run: ["npm", "view", "left-pad", "version", "--no-update-notifier", "--strict-ssl=false"],
      why: "npm, at the public registry",
      expects: [
        ["dns.name", "agent-01", "registry.npmjs.org", "53/udp", "answered"],
        ["egress.flow", "agent-01", "registry.npmjs.org", "443/tcp", "transferred"],
      ],
    },
    {
      host: "agent-01",
      run: [
        "npm",
        "view",
        "left-pad",
        "--no-update-notifier",
        "--registry=http://mirror-01.enclave.internal/",
      ],
      why: "fine: npm, at a registry inside",
      expects: [],
    },
    {
      host: "mirror-01",
      run: ["git", "-c", "http.sslVerify=false", "ls-remote", "https://github.com/org/plugin"],
      why: "git over HTTPS",
      expects: [
        ["dns.name", "mirror-01", "github.com", "53/udp", "answered"],
        ["egress.flow", "mirror-01", "github.com", "443/tcp", "transferred"],
      ],
    },
    {
      host: "mirror-01",
      run: ["git", "ls-remote", "https://github.com/org/plugin"],
      why: "git that does not trust the certificate: the name has left all the same",
      expects: [["egress.flow", "mirror-01", "github.com", "443/tcp", "transferred"]],
    },
    {
      host: "vector-01",
      run: ["git", "ls-remote", "git://192.0.2.200/org/plugin"],
      why: "git's own protocol, reset by the other side",
      expects: [["egress.flow", "vector-01", "192.0.2.200", "9418/tcp", "refused"]],
    },
    {
      host: "gpu-01",
      run: [
        ...["/usr/bin/python3", "-c"],
        "import urllib.request as u; print(u.urlopen('http://pypi.org/simple/', timeout=3).status)",
      ],
      why: "Python's urllib, at the public index",
      expects: [
        ["dns.name", "gpu-01", "pypi.org", "53/udp", "answered"],
        ["egress.flow", "gpu-01", "pypi.org", "80/tcp", "transferred"],
      ],
    },
    {
      host: "mirror-01",
      run: [
        "wget",
        "-qO-",
        "-T",
        "3",
        "-t",
        "1",
        "--no-check-certificate",
        "https://cdn-lfs.huggingface.co/model",
      ],
      why: "wget, through an alias",
      expects: [
        ["dns.name", "mirror-01", "cdn-lfs.huggingface.co", "53/udp", "answered"],
        ["egress.flow", "mirror-01", "cdn-lfs.huggingface.co", "443/tcp", "transferred"],
      ],
    },
    {
      host: "mirror-01",
      run: [...CURL, "https://registry-1.docker.io/v2/"],
      why: "curl, at a container registry",
      expects: [
        ["dns.name", "mirror-01", "registry-1.docker.io", "53/udp", "answered"],
        ["egress.flow", "mirror-01", "registry-1.docker.io", "443/tcp", "transferred"],
      ],
    },
  ],
};
