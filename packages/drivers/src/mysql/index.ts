export {
  BEGIN,
  checkWritable,
  COMMIT,
  Database,
  errnoOf,
  IS_READ_ONLY,
  type MysqlOptions,
  type Session,
} from './connection.ts';
export { inline, list, NOW, quote } from './literal.ts';
