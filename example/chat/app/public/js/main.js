import { Chat } from './chat.js';
import { useAnnouncements } from './announce.js';
import { translatePage } from './texts.js';

translatePage();
useAnnouncements();
new Chat().start();
