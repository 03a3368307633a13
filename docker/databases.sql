-- Run once, when the volume is new: Prefect's own tables lie beside the desk's, in a database of their own.
CREATE DATABASE prefect;
