"""The ledger in Firestore: the only place that imports google.cloud.firestore."""
