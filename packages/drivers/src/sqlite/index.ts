export { connect, type Connection } from './connection.ts';
export { openReadOnly, type Database } from './database.ts';
export { LogSync } from './log-sync.ts';
export { finish, once, type Steps } from './steps.ts';
export { Transactions } from './transactions.ts';
