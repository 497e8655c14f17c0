"""The Knowledge page's sections: documents, one document, retrieval bench, saved tests, questions without a source"""
