// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Messages of 32 bytes, in one numbered sequence for each sender, of which nothing can be taken back.
///
/// Nobody owns it, and nobody can change it. It holds no money, and calls nobody.
contract ParleyAnchors {
    /// The `number`th message of this sender; the first is number 1.
    event Anchored(address indexed sender, uint64 indexed number, bytes32 message);

    struct Sequence {
        /// keccak256(tip before || message), from 32 zero bytes on: it stands for all messages and their order.
        bytes32 tip;
        uint64 length;
    }

    mapping(address sender => Sequence) public sequences;

    /// The sequence of the sender is not of the length that they think.
    error AnotherLength(uint64 length);

    /// Anchor a message behind the first `length` ones of the sender. Fails if there are more or fewer, so that one that is sent twice is anchored once.
    function anchor(bytes32 message, uint64 length) external {
        Sequence storage sequence = sequences[msg.sender];
        if (sequence.length != length) revert AnotherLength(sequence.length);
        sequence.tip = keccak256(abi.encodePacked(sequence.tip, message));
        sequence.length = length + 1;
        emit Anchored(msg.sender, length + 1, message);
    }
}
