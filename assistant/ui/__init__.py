"""The pages: Gradio and a sign-in form, mounted on one FastAPI application. They decide nothing."""
