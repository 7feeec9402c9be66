import { Chat } from './chat.js';
import { useAnnouncements } from './announce.js';

useAnnouncements();
new Chat().start();
