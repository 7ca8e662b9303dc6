package org.understudy.server.recovery.internal;

/** The fake keeps the contract, so tests that use it mean something. */
class InMemoryTakeoverBookTest extends TakeoverBookContract {

    private final InMemoryTakeoverBook book = new InMemoryTakeoverBook();

    @Override
    TakeoverBook book() {
        return book;
    }
}
