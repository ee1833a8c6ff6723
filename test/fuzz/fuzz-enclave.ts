/** An enclave in which most captures have both sides of the boundary, and every kind of rule has its turn. */
export const FUZZ_ENCLAVE = `
gapwatch: 1
enclave:
  name: fuzz
  inside: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, "fd00::/8"]
  resolvers: [10.20.0.53, 10.0.0.138]
  names: [enclave.internal]
  search: [enclave.internal, "*.svc.cluster.local"]
  relays: [10.20.9.30]
  hosts:
    - { name: gpu, address: 10.20.1.11, may_reach: [10.20.0.0/16] }
allow:
  - { id: a, to: ["*.allowed.example"], ports: [443/tcp], reason: x, owner: x, expires: never, max_bytes_out: 1kB/day }
  - { id: b, to: [203.0.113.0/24], reason: x, owner: x, expires: never }
`;
