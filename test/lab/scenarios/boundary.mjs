import { CURL } from "./scenario.mjs";

/** @type {import("./scenario.mjs").Scenario} */
export const boundary = {
  about:
    "The rest of the class matrix: inward, undeclared sources, metadata addresses, addresses that carry others, multicast, other IP protocols.",
  treat: [["169.254.169.254/32", "answer"]],
  prepare: [
    ["agent-01", "ip addr add 172.16.99.9/32 dev eth0"],
    ["gateway", "ip route add 172.16.99.9/32 dev eth0"],
    ["outside", "ip route add 172.16.99.9/32 via 192.0.2.252"],
    ["agent-01", "ip route add 233.252.0.0/24 dev eth0"],
  ],
  exceptions: [],
  steps: [
    {
      host: "outside",
      run: [...CURL, "--interface", "192.0.2.66", "http://10.20.1.11:8000/v1/models"],
      why: "somebody outside uses the model server",
      expects: [["ingress.flow", "192.0.2.66", "gpu-01", "8000/tcp", "transferred"]],
    },
    {
      host: "outside",
      run: [...CURL, "--interface", "192.0.2.66", "http://10.20.1.11:22/"],
      why: "and tries a closed port",
      expects: [["ingress.flow", "192.0.2.66", "gpu-01", "22/tcp", "refused"]],
    },
    {
      host: "outside",
      run: ["ping", "-c", "1", "-W", "1", "-I", "192.0.2.67", "10.20.1.31"],
      why: "and pings",
      expects: [["ingress.flow", "192.0.2.67", "vector-01", "icmp", "answered"]],
    },
    {
      host: "agent-01",
      run: [...CURL, "--interface", "172.16.99.9", "http://192.0.2.41/"],
      why: "a source address that nobody declared",
      expects: [["transit.flow", "172.16.99.9", "192.0.2.41", "80/tcp", "transferred"]],
    },
    {
      host: "gpu-01",
      run: [...CURL, "http://169.254.169.254/latest/meta-data/iam/security-credentials/"],
      why: "cloud metadata that answers",
      expects: [["egress.flow", "gpu-01", "169.254.169.254", "80/tcp", "transferred"]],
    },
    {
      host: "gpu-01",
      run: [...CURL, "http://169.254.170.2/v2/credentials"],
      why: "container credentials",
      expects: [["egress.flow", "gpu-01", "169.254.170.2", "80/tcp", "attempted"]],
    },
    {
      host: "gpu-01",
      run: [...CURL, "http://[fd00:ec2::254]/latest/meta-data/"],
      why: "metadata over IPv6, at a unique local address",
      expects: [["egress.flow", "gpu-01", "fd00:ec2::254", "80/tcp", "attempted"]],
    },
    {
      host: "gpu-01",
      run: [...CURL, "http://100.100.100.200/latest/meta-data/"],
      why: "metadata in shared address space",
      expects: [["egress.flow", "gpu-01", "100.100.100.200", "80/tcp", "attempted"]],
    },
    {
      host: "gpu-01",
      run: [...CURL, "http://168.63.129.16/machine?comp=goalstate"],
      why: "the wire server of a cloud",
      expects: [["egress.flow", "gpu-01", "168.63.129.16", "80/tcp", "attempted"]],
    },
    {
      host: "gpu-01",
      run: ["ping", "-6", "-c", "1", "-W", "1", "64:ff9b::192.0.2.99"],
      why: "NAT64: judged by 192.0.2.99, which it carries",
      expects: [["egress.flow", "gpu-01", "64:ff9b::c000:263", "icmpv6", "answered"]],
    },
    {
      host: "agent-01",
      run: ["/usr/bin/python3", "/run/kit/clients/udp.py", "233.252.0.1", "9999"],
      why: "multicast of more than local scope",
      expects: [["egress.flow", "agent-01", "233.252.0.1", "9999/udp", "attempted"]],
    },
    {
      host: "vector-01",
      run: ["/usr/bin/python3", "/run/kit/clients/ip-protocol.py", "198.51.100.90", "99"],
      why: "an IP protocol without ports",
      expects: [["egress.flow", "vector-01", "198.51.100.90", "proto-99", "attempted"]],
    },
    {
      host: "vector-01",
      run: ["/usr/bin/python3", "/run/kit/clients/ip-protocol.py", "192.0.2.90", "99"],
      why: "the same, refused by ICMP protocol unreachable",
      expects: [["egress.flow", "vector-01", "192.0.2.90", "proto-99", "refused"]],
    },
    {
      host: "vector-01",
      run: ["/usr/bin/python3", "/run/kit/clients/ip-protocol.py", "10.20.1.11", "99"],
      why: "fine: the same, inside",
      expects: [],
    },
  ],
};
