DROP TABLE deliveries;
DROP TABLE announcements;
DROP TABLE webhooks;
