// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/// Remembers how far a transparency log has come, where its operator cannot take it back. It learns sizes and hashes
/// only. Owner and size share one slot, and the owner is no immutable: so the code at every address is the same bytes,
/// and whoever verifies compares them.
contract LedgerAnchor {
    /// Whoever deployed the contract. There is no way to hand it on: a new key deploys a new contract.
    address public owner;
    uint64 public lastSize;
    bytes32 public lastRoot;

    /// `root` is the RFC 6962 root of the first `size` entries, `checkpointHash` the SHA-256 of the checkpoint's text.
    event Anchored(uint64 indexed size, bytes32 root, bytes32 checkpointHash);

    error NotOwner();
    error SizeNotLarger(uint64 lastSize);

    constructor() {
        owner = msg.sender;
    }

    function anchor(uint64 size, bytes32 root, bytes32 checkpointHash) external {
        if (msg.sender != owner) revert NotOwner();
        if (size <= lastSize) revert SizeNotLarger(lastSize);
        lastSize = size;
        lastRoot = root;
        emit Anchored(size, root, checkpointHash);
    }
}
