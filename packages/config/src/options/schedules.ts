import { choice } from '../option.ts';

export const schedules = {
  cron: choice({
    choices: ['resonate', 'unix'],
    default: 'resonate',
    describe:
      'Cron dialect of a new schedule that does not name one. resonate is that of the public server (weekday 1 is Sunday); unix is that of cron(8) (weekday 0 is Sunday)',
  }),
};
